import { type AbilityAnswer, type DriverAbilities, no } from '../../driver-abilities'

/** Queues of SQS are of two kinds with different abilities; 'both' says yes to what one of them can, and where. */
export type SqsQueueKind = 'standard' | 'fifo' | 'both'

const noted = (note: string): AbilityAnswer => ({ answer: 'yes', note })

const noPlace = 'SQS keeps messages and nothing beside them'

export function sqsAbilities(kind: SqsQueueKind): DriverAbilities {
  const fifoOnly = (note: string, reason: string): AbilityAnswer =>
    kind === 'standard' ? no(reason) : noted(kind === 'fifo' ? note : `Queues named NAME.fifo only. ${note}`)
  return {
    delay:
      kind === 'fifo'
        ? no('A FIFO queue delays all its messages or none: set DelaySeconds of the queue.')
        : noted(
            `In whole seconds, and of any length: beyond 15 minutes a message is taken up and put back, at a price of two or three requests each 12 hours. Meanwhile, like a retry that waits, it is in flight, of which a queue may have about 120,000.${kind === 'both' ? ' Not in FIFO queues.' : ''}`,
          ),
    priority: no('SQS has no priorities: use a queue for each.'),
    groups: fifoOnly(
      'One message of a group at a time, so a request for each message.',
      'A standard queue keeps no order: name the queue NAME.fifo.',
    ),
    dedup: fifoOnly(
      'The window is five minutes, no more and no less. A duplicate of what another process sent is answered as added, with the id of the first.',
      'A standard queue knows no duplicates: name the queue NAME.fifo.',
    ),
    ownIds: no('SQS gives out ids itself, and does not refuse a second message of an id.'),
    attributes: noted('At most ten, within the limit of 1 MiB for a message.'),
    fence: noted(
      'By the clock of this process: what it no longer holds it does not tell to SQS. A process that stood still and goes on may be heeded by a standard queue.',
    ),
    extend: noted('In whole seconds, to at most 12 hours from the receive.'),
    deadLetters: noted(
      'In the queue NAME-dead, or in the target of the queue’s redrive policy. SQS keeps them for at most 14 days. With a redrive policy its maxReceiveCount limits the attempts.',
    ),
    history: no(
      'A message cannot be changed at SQS, so errors of attempts that are retried are not kept with it; a dead letter has its last error, its deaths and its replays.',
    ),
    replay: noted(
      'The whole dead-letter queue is received for it. Sent first and deleted afterwards: a crash in between leaves two. In a FIFO queue, only the first of each group can be reached.',
    ),
    edit: no('A message cannot be changed at SQS.'),
    find: no('SQS cannot be asked for a message by its id.'),
    browse: no(
      'To look at a message of SQS is to receive it, and that counts as an attempt. Dead letters can be looked at, through the box of dead letters.',
    ),
    cancel: no('SQS removes a message only for who has received it.'),
    promote: no('SQS gives out no message before its time.'),
    changePriority: no('SQS has no priorities.'),
    pause: no('A queue of SQS cannot be paused: stop its workers.'),
    purge: noted(
      'What is ready or dead, received and deleted in steps; not what is delayed. All at once with purgeWhole, which takes delayed and leased messages too, and is allowed once a minute.',
    ),
    keepDone: no(`${noPlace}: what is done is gone.`),
    progress: no(`${noPlace}: there is no place for progress and log lines.`),
    limit: no(`${noPlace}: there is no place to count what began.`),
    groupLimit: no(`${noPlace}: there is no place to count what began.`),
    schedules: no(`${noPlace}: run the schedules on Redis, or with EventBridge Scheduler.`),
    families: no(`${noPlace}: there is no place to count children.`),
    idempotency: no(`${noPlace}: keep the keys in a database.`),
    fanOut: no('A message of SQS goes to one consumer: give each its queue, and send to all with SNS.'),
    lag: no('SQS knows no groups of consumers.'),
  }
}
