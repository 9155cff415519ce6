/**
 * Delays that SQS cannot keep in one go. A message is sent with what SQS can (15 minutes) and a note of when it is due. Whoever
 * receives it too early puts it back: hidden for what is left, at most 12 hours, and never twice under one receipt count, since
 * receives count as attempts; when that was not enough, as a copy, which begins anew. So any span can be waited for, and each
 * hop renews the retention.
 */

/** Source: SendMessage. */
export const longestDelayMs = 15 * 60_000
/** Source: ChangeMessageVisibility; counted from the receive. */
export const longestHiddenMs = 12 * 3_600_000
/** The hours count from the receive, which is a while ago when the message is put back. */
const longestHopMs = longestHiddenMs - 60_000
/** SQS keeps whole seconds: what comes this much too early comes in time. */
const toleranceMs = 500

export const isStillDelayed = (dueAt: number | undefined, now: number): boolean =>
  dueAt !== undefined && now < dueAt - toleranceMs

export const wholeSeconds = (ms: number): number => Math.ceil(Math.max(ms, 0) / 1_000)

export interface FirstHop {
  readonly delaySeconds: number
  /** For the note, when there is more to wait for afterwards. */
  readonly due: number | undefined
}

/** A message may be no older than the retention period: half of it is left for being worked at. */
export function firstHop(delayMs: number, now: number, retentionMs: number): FirstHop {
  const most = Math.min(longestDelayMs, retentionMs / 2)
  if (delayMs <= most) return { delaySeconds: wholeSeconds(delayMs), due: undefined }
  return { delaySeconds: Math.floor(most / 1_000), due: now + delayMs }
}

export type NextHop = { readonly kind: 'hide'; readonly ms: number } | { readonly kind: 'copy'; readonly ms: number }

/** What to do with a message that was received `leftMs` before it is due. */
export function nextHop(given: {
  readonly leftMs: number
  readonly receiveCount: number
  readonly ageMs: number
  readonly retentionMs: number
  /** Of a redrive policy: past so many receives SQS takes the message away. */
  readonly maxReceives: number
}): NextHop {
  const { leftMs, receiveCount, ageMs, retentionMs, maxReceives } = given
  const most = Math.min(longestHopMs, retentionMs / 2 - ageMs)
  const fresh = receiveCount === 1 && receiveCount < maxReceives
  return fresh && most >= 1_000 ? { kind: 'hide', ms: Math.min(leftMs, most) } : { kind: 'copy', ms: leftMs }
}
