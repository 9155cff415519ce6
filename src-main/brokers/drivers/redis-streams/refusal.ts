import { Failure } from '@shared/failure'
import type { DriverAbility } from '../../driver-abilities'
import type { NewMessage } from '../../driver-messages'
import { redisStreamsAbilities } from './abilities'

const longestDelayMs = 10 * 365 * 86_400_000
const longestDedupKey = 512
const mostAttempts = 1_000_000

/** Why a message cannot be taken; undefined: it can. */
export function refusalOf(queue: string, message: NewMessage): Failure | undefined {
  const { delayMs, dueAt, maxAttempts, dedup, priority, group, ownId, children, parent } = message
  const bad = (rule: string) =>
    new Failure({ code: 'bad-input', message: `${queue} refuses a message: ${rule}`, subject: queue })

  if (delayMs !== undefined && !(delayMs >= 0 && delayMs <= longestDelayMs))
    return bad(`a delay is 0 ms to 10 years, not ${delayMs}.`)
  if (dueAt !== undefined && !(dueAt >= 0 && dueAt <= Date.UTC(2100, 0, 1)))
    return bad(`it is due at a time before 2100, in ms since 1970, not at ${dueAt}.`)
  if (maxAttempts !== undefined && !(Number.isInteger(maxAttempts) && maxAttempts >= 1 && maxAttempts <= mostAttempts))
    return bad(`it is tried at least once, not ${maxAttempts} times.`)
  if (dedup !== undefined) {
    if (dedup.key === '' || Buffer.byteLength(dedup.key) > longestDedupKey)
      return bad(`a dedup key has 1 to ${longestDedupKey} bytes.`)
    if (!(dedup.windowMs >= 1 && dedup.windowMs <= longestDelayMs))
      return bad(`a dedup window is 1 ms to 10 years, not ${dedup.windowMs}.`)
  }

  // The usual priority asks for nothing.
  if (priority !== undefined && priority !== 5) return unsupported(queue, 'priority', 'a priority')
  if (group !== undefined) return unsupported(queue, 'groups', 'a group')
  if (ownId !== undefined) return unsupported(queue, 'ownIds', 'an id of its own')
  if (children !== undefined || parent !== undefined) return unsupported(queue, 'families', 'a family')
  return undefined
}

export function unsupported(queue: string, ability: DriverAbility, what: string): Failure {
  const declared = redisStreamsAbilities[ability]
  return new Failure({
    code: 'unsupported',
    message: `${queue} stands in a Redis stream and cannot have ${what}.`,
    hint: declared.answer === 'no' ? declared.reason : undefined,
    subject: queue,
  })
}
