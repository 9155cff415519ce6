import type { LayoutFacts } from '../layout-facts'
import { engineSend } from '../send-facts'

export const engine: LayoutFacts = {
  product: 'Engine',
  broker: 'Redis',
  item: 'message',
  states: { ready: 'Ready', leased: 'Leased', delayed: 'Delayed', dead: 'Dead', done: 'Done' },
  replay: 'Replay',
  precision: {
    ready: 'exact',
    leased: 'exact',
    delayed: 'exact',
    dead: 'exact',
    done: 'exact',
    oldestReadyMs: 'exact',
    inPerSecond: 'exact',
    outPerSecond: 'exact',
    waitP50Ms: 'approximate',
    waitP95Ms: 'approximate',
    waitP99Ms: 'approximate',
  },
  abilities: {
    replay: { answer: 'yes' },
    edit: { answer: 'yes' },
    discard: { answer: 'yes' },
    purge: { answer: 'yes' },
    restore: { answer: 'yes' },
    send: { answer: 'yes' },
    pause: { answer: 'yes' },
  },
  send: engineSend,
  parts: [],
  limits: [],
}
