import { Failure } from '@shared/failure'
import type { NewMessage } from '../../driver-messages'
import { defaultPriority, priorities } from './keys'

/** What is asked of a message before it is sent: the reason why it cannot be taken, or undefined. */
export function refusal(queue: string, message: NewMessage): Failure | undefined {
  const { delayMs, dueAt, priority, group, ownId, dedup, children, maxAttempts } = message
  const no = (rule: string, hint: string) =>
    new Failure({ code: 'bad-input', message: `${queue} refuses ${named(message)}: ${rule}`, hint, subject: queue })
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority < priorities))
    return no(`a priority is 0 (first) to 9, not ${priority}.`, 'Choose a whole number from 0 to 9.')
  if (delayMs !== undefined && !(delayMs >= 0 && delayMs <= longestDelayMs))
    return no(`a delay is 0 ms to 10 years, not ${delayMs}.`, 'Give the delay in milliseconds.')
  if (dueAt !== undefined && !(dueAt >= 0 && dueAt <= latestDue))
    return no(`${dueAt} is no time at which it could become ready.`, 'Give milliseconds since 1970.')
  if (maxAttempts !== undefined && !(Number.isInteger(maxAttempts) && maxAttempts >= 1 && maxAttempts <= 1_000_000))
    return no(`a message is tried 1 to 1,000,000 times, not ${maxAttempts}.`, 'Choose a whole number.')
  for (const [what, text] of [
    ['An own id', ownId],
    ['A group', group],
    ['A dedup key', dedup?.key],
  ] as const) {
    if (text === undefined) continue
    if (text === '' || Buffer.byteLength(text) > longestName || /\p{Surrogate}/u.test(text))
      return no(`${what} has 1 to ${longestName} bytes of well-formed text.`, 'Shorten it, or hash it.')
  }
  if (dedup && !(dedup.windowMs > 0 && dedup.windowMs <= longestDelayMs))
    return no(`a dedup window is above 0 ms, not ${dedup.windowMs}.`, 'Give the window in milliseconds.')
  if (group !== undefined && priority !== undefined && priority !== defaultPriority)
    return no('a message of a group keeps the order of its group, so it has no priority.', 'Leave one of them out.')
  if (children !== undefined && !(Number.isInteger(children) && children >= 0 && children <= mostChildren))
    return no(`a parent waits for 0 to ${mostChildren} children, not ${children}.`, 'Split the family.')
  if (children && (delayMs || dueAt !== undefined))
    return no('a parent becomes ready when its children are done, so it has no delay.', 'Delay the children.')
  return undefined
}

export const priorityOf = ({ priority = defaultPriority }: NewMessage): number => priority

export const dueOf = ({ delayMs = 0, dueAt }: NewMessage, now: number): number => Math.round(dueAt ?? now + delayMs)

/** Scores stay exact up to here by a wide margin. */
const longestDelayMs = 10 * 365 * 86_400_000
const latestDue = Date.UTC(2100, 0, 1)
const longestName = 256
const mostChildren = 1_000

const named = ({ ownId, dedup }: NewMessage): string =>
  ownId !== undefined
    ? `the message ${ownId.slice(0, 80)}`
    : dedup !== undefined
      ? `the message of dedup key ${dedup.key.slice(0, 80)}`
      : 'a message'
