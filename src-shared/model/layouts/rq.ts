import type { LayoutFacts } from '../layout-facts'

const pickled = 'its jobs are pickled Python, which only Python can read or write, and which is never opened here'

export const rq: LayoutFacts = {
  product: 'RQ',
  broker: 'Redis',
  item: 'job',
  states: { ready: 'Queued', leased: 'Started', delayed: 'Scheduled', dead: 'Failed', done: 'Finished' },
  replay: 'Requeue',
  replayKeeps: 'keeps ids, calls and dependents; the traceback is cleared, as by RQ’s own requeue',
  precision: {
    ready: 'exact',
    // RQ’s registries drop what has expired when RQ itself looks.
    leased: 'approximate',
    delayed: 'exact',
    dead: 'approximate',
    done: 'approximate',
    oldestReadyMs: 'exact',
    inPerSecond: 'unknown',
    outPerSecond: 'unknown',
    waitP50Ms: 'unknown',
    waitP95Ms: 'unknown',
    waitP99Ms: 'unknown',
  },
  abilities: {
    replay: { answer: 'yes' },
    edit: { answer: 'no', reason: pickled },
    discard: { answer: 'yes' },
    purge: { answer: 'yes' },
    restore: { answer: 'yes' },
    send: { answer: 'no', reason: pickled },
    pause: { answer: 'no', reason: 'RQ suspends all its workers at once, and not one queue' },
  },
  parts: ['workers', 'details'],
  limits: [
    'Registries are sorted by when their jobs expire, not by when they failed.',
    'Expired jobs are counted until RQ itself looks at its registries.',
    'Deferred and canceled jobs are counted under Details and not listed.',
    'Results that stand in a stream of their own do not come back with an undo.',
  ],
}
