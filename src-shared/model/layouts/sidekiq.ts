import { ableToAll, type LayoutFacts, unknownWaits } from '../layout-facts'
import { sidekiqSend } from '../send-facts'

export const sidekiq: LayoutFacts = {
  product: 'Sidekiq',
  broker: 'Redis',
  item: 'job',
  states: { ready: 'Enqueued', leased: 'Busy', delayed: 'Retry or scheduled', dead: 'Dead', done: null },
  replay: 'Retry',
  replayKeeps:
    'keeps jid, class, arguments and error; retry_count, where there is one, goes down by one and enqueued_at becomes now, as with Sidekiq’s own Retry Now',
  editKeeps: 'keeps jid, class, times and every other byte of the job',
  precision: {
    ready: 'exact',
    // Processes tell what they hold every 5 to 10 seconds.
    leased: 'approximate',
    delayed: 'exact',
    dead: 'exact',
    done: 'unknown',
    // By the clock of whoever enqueued it.
    oldestReadyMs: 'approximate',
    inPerSecond: 'unknown',
    outPerSecond: 'unknown',
    ...unknownWaits,
  },
  abilities: {
    ...ableToAll,
    pause: {
      answer: 'no',
      reason:
        'Sidekiq cannot pause a queue. Sidekiq Pro can, from the service itself; a queue that it holds back is shown as paused',
    },
  },
  send: sidekiqSend,
  parts: ['workers', 'details'],
  limits: [
    'The dead set, the retry set and the scheduled set are common to all queues: each is shown as a queue of its own.',
    'Sidekiq keeps no job that went well, and counts what was processed and what failed over all queues together.',
    'A job has no index by its jid: 20,000 jobs of a queue or set are read through for it, 100,000 of a set for a single one.',
    'What a worker holds is told every 5 to 10 seconds. A retried job counts as done once it was nowhere for 15 seconds.',
    'A worker that crashes loses the jobs it holds, unless it runs Sidekiq Pro’s super_fetch.',
    'Client middleware (unique jobs, batches, current attributes) is not run for jobs that are retried or sent from here.',
    'Jobs that Sidekiq Enterprise encrypts are shown and kept as they are.',
  ],
}
