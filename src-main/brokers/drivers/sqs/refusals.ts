import { Failure } from '@shared/failure'
import type { NewMessage } from '../../driver-messages'
import { mostAttributes } from './layout'
import { dedupWindowMs } from './sent-before'
import { isFifoName } from './sqs-names'

export interface EnqueueTerms {
  readonly queue: string
  readonly now: number
  /** What becomes of a message without a group in a FIFO queue. */
  readonly ungrouped: 'refuse' | 'alone'
}

type Refuse = (code: 'bad-input' | 'unsupported', rule: string, hint?: string) => Failure

/** For messages: which of the batch it is, since it has no id yet. */
export const nameOf = (place: number, { queue }: EnqueueTerms) => `Message ${place + 1} for ${queue}`

/** How long it is to wait; what is overdue is not delayed. */
export const delayOf = ({ delayMs, dueAt }: NewMessage, { now }: EnqueueTerms): number =>
  delayMs ?? (dueAt === undefined ? 0 : Math.max(dueAt - now, 0))

/** What the seam or SQS does not allow of a message, before anything is sent. */
export function refusalOf(message: NewMessage, place: number, terms: EnqueueTerms): Failure | undefined {
  const refuse: Refuse = (code, rule, hint) =>
    new Failure({ code, message: `${nameOf(place, terms)} ${rule}`, hint, subject: terms.queue })
  const wait = delayOf(message, terms)
  const { priority, maxAttempts, attributes, ownId, children, parent } = message
  if (!(Number.isFinite(wait) && wait >= 0)) return refuse('bad-input', `cannot be delayed by ${String(wait)} ms.`)
  if (maxAttempts !== undefined && !(Number.isInteger(maxAttempts) && maxAttempts >= 1 && maxAttempts <= 1_000_000))
    return refuse('bad-input', `is tried 1 to 1,000,000 times, not ${maxAttempts}.`)
  if (priority !== undefined && priority !== 5)
    return Number.isInteger(priority) && priority >= 0 && priority <= 9
      ? refuse('unsupported', 'has a priority, and SQS has none.', 'Use a queue for each priority.')
      : refuse('bad-input', `has the priority ${priority}; priorities are 0 to 9.`)
  if (Object.keys(attributes ?? {}).length > mostAttributes)
    return refuse('bad-input', `has more than ${mostAttributes} attributes, the most that SQS takes.`)
  if (ownId !== undefined)
    return refuse('unsupported', 'has an id of its own, and SQS gives out ids itself.', 'Use a deduplication key.')
  if (children !== undefined || parent !== undefined)
    return refuse('unsupported', 'has a parent or children, and SQS has no place to keep count of them.')
  return isFifoName(terms.queue) ? refusalOnFifo(message, wait, terms, refuse) : refusalOnStandard(message, refuse)
}

function refusalOnStandard({ group, dedup }: NewMessage, refuse: Refuse): Failure | undefined {
  const hint = 'Use a queue named NAME.fifo.'
  if (group !== undefined) return refuse('unsupported', 'has a group, and a standard queue keeps no order.', hint)
  if (dedup !== undefined)
    return refuse('unsupported', 'has a deduplication key, and a standard queue knows none.', hint)
  return undefined
}

function refusalOnFifo(
  { group, dedup }: NewMessage,
  wait: number,
  { ungrouped }: EnqueueTerms,
  refuse: Refuse,
): Failure | undefined {
  if (wait > 0)
    return refuse(
      'unsupported',
      'is delayed, and a FIFO queue delays all its messages or none.',
      'Set DelaySeconds of the queue.',
    )
  if (group === undefined && ungrouped === 'refuse')
    return refuse(
      'bad-input',
      'has no group, and a FIFO queue needs one.',
      'Give a group; what shares one is kept in order.',
    )
  if (group === '') return refuse('bad-input', 'has an empty group.')
  // A shorter window would have SQS swallow what the sender wants to be heard, a longer one let through what it does not.
  if (dedup !== undefined && dedup.windowMs !== dedupWindowMs)
    return refuse(
      'unsupported',
      `wants a deduplication window of ${dedup.windowMs} ms; that of SQS is five minutes, no more and no less.`,
      `Ask for ${dedupWindowMs} ms.`,
    )
  return undefined
}
