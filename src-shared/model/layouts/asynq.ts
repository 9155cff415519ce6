import type { LayoutFacts } from '../layout-facts'

export const asynq: LayoutFacts = {
  product: 'asynq',
  broker: 'Redis',
  item: 'task',
  states: { ready: 'Pending', leased: 'Active', delayed: 'Scheduled', dead: 'Archived', done: 'Completed' },
  replay: 'Run now',
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
  parts: ['workers', 'details'],
  limits: [],
}
