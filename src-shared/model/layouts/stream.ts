import type { LayoutFacts } from '../layout-facts'

export const stream: LayoutFacts = {
  product: 'Redis stream',
  broker: 'Redis',
  item: 'entry',
  states: { ready: 'Undelivered', leased: 'Pending', delayed: null, dead: null, done: null },
  replay: 'Replay',
  precision: {
    ready: 'unknown',
    leased: 'unknown',
    delayed: 'unknown',
    dead: 'unknown',
    done: 'unknown',
    oldestReadyMs: 'unknown',
    inPerSecond: 'unknown',
    outPerSecond: 'unknown',
    waitP50Ms: 'unknown',
    waitP95Ms: 'unknown',
    waitP99Ms: 'unknown',
  },
  abilities: {
    replay: { answer: 'no', reason: 'not built yet' },
    edit: { answer: 'no', reason: 'not built yet' },
    discard: { answer: 'no', reason: 'not built yet' },
    purge: { answer: 'no', reason: 'not built yet' },
    restore: { answer: 'no', reason: 'not built yet' },
    send: { answer: 'no', reason: 'not built yet' },
    pause: { answer: 'no', reason: 'not built yet' },
  },
  parts: ['consumer-groups', 'details', 'tail'],
  limits: [],
}
