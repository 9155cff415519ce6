import { ableToAll, exactCounts, type LayoutFacts } from '../layout-facts'
import { engineSend } from '../send-facts'

export const engine: LayoutFacts = {
  product: 'Engine',
  broker: 'Redis',
  item: 'message',
  states: { ready: 'Ready', leased: 'Leased', delayed: 'Delayed', dead: 'Dead', done: 'Done' },
  replay: 'Replay',
  precision: {
    ...exactCounts,
    oldestReadyMs: 'exact',
    inPerSecond: 'exact',
    outPerSecond: 'exact',
    waitP50Ms: 'approximate',
    waitP95Ms: 'approximate',
    waitP99Ms: 'approximate',
  },
  abilities: {
    ...ableToAll,
  },
  send: engineSend,
  parts: [],
  limits: [],
}
