import type { MessageState, MessageSummary } from '@shared/model/message'
import type { RedisClient } from '../clients/redis'
import { previewOf } from './body-text'
import type { Place } from './place-paging'
import { ask, type Command, listOf, numberOf, textOf } from './redis-asking'

/** A body up to this size is pulled for its preview; of a larger one only the size is told. */
const previewLimit = 8 * 1024

/** Options and error texts beyond this are not looked into for a row. */
const smallField = 16 * 1024

const scalars = ['name', 'timestamp', 'finishedOn', 'atm', 'attemptsMade', 'ats', 'delay'] as const

/** Rows of a table of Bull's or BullMQ's jobs in two pipelines: sizes and small fields first, then whatever is small enough to be looked at. */
export async function summariesOf(
  redis: RedisClient,
  { base, state, places }: { readonly base: string; readonly state: MessageState; readonly places: readonly Place[] },
): Promise<readonly MessageSummary[]> {
  const keys = places.map(({ id }) => `${base}${id}`)
  const sized = await ask(
    redis,
    keys.flatMap((key): Command[] => [
      ['HMGET', key, ...scalars],
      ['HSTRLEN', key, 'data'],
      ['HSTRLEN', key, 'opts'],
      ['HSTRLEN', key, 'failedReason'],
    ]),
  )
  const wanted = keys.map((_, index) => {
    const [data, opts, reason] = [1, 2, 3].map((offset) => numberOf(sized[index * 4 + offset]) ?? 0)
    return [
      ...(data! <= previewLimit ? ['data'] : []),
      ...(opts! <= smallField ? ['opts'] : []),
      ...(reason! <= smallField ? ['failedReason'] : []),
    ]
  })
  const small = await ask(
    redis,
    keys.map((key, index): Command => ['HMGET', key, ...wanted[index]!, 'name']),
  )
  return places.map((place, index) => {
    const fields = listOf(sized[index * 4])
    const values = listOf(small[index])
    const pulled = (field: string) => {
      const at = wanted[index]!.indexOf(field)
      return at < 0 ? null : values[at]
    }
    if (fields.every((field) => field === null)) return rowWithoutHash(place, state)
    return summaryOf({
      place,
      state,
      scalars: Object.fromEntries(scalars.map((name, at) => [name, fields[at]])),
      bytes: numberOf(sized[index * 4 + 1]),
      data: pulled('data'),
      opts: textOf(pulled('opts')),
      failedReason: textOf(pulled('failedReason')),
    })
  })
}

/** Evicted where maxmemory-policy lets it, or deleted by hand: neither library notices before a worker comes to it. */
export const hashGone = 'only its id is left: its hash was evicted or deleted'

export const rowWithoutHash = ({ id, score }: Place, state: MessageState): MessageSummary => ({
  id,
  state,
  name: null,
  enqueuedAt: null,
  dueAt: null,
  finishedAt: state === 'dead' || state === 'done' ? score : null,
  attempts: null,
  maxAttempts: null,
  bytes: null,
  preview: `(${hashGone})`,
  error: state === 'dead' ? hashGone : null,
})

export interface JobFields {
  readonly place: Place
  readonly state: MessageState
  readonly scalars: Readonly<Record<string, unknown>>
  readonly bytes: number | null
  /** null where it was not pulled. */
  readonly data: unknown
  readonly opts: string | null
  readonly failedReason: string | null
}

/** A delayed job's score is dueMs * 4096 + a sequence within that millisecond. */
export const dueAtOf = (delayedScore: number): number => Math.floor(delayedScore / 4096)

/** Pure: one row from what was read. Every number that the library may have left out is null then. */
export function summaryOf({ place, state, scalars, bytes, data, opts, failedReason }: JobFields): MessageSummary {
  return {
    id: place.id,
    state,
    name: textOf(scalars.name),
    enqueuedAt: numberOf(scalars.timestamp),
    dueAt: state === 'delayed' && place.segment === 'delayed' && place.score !== null ? dueAtOf(place.score) : null,
    finishedAt: state === 'dead' || state === 'done' ? (numberOf(scalars.finishedOn) ?? place.score) : null,
    attempts: attemptsOf(scalars, state),
    maxAttempts: maxAttemptsOf(opts),
    bytes,
    preview: Buffer.isBuffer(data) ? previewOf(data) : '',
    error: state === 'dead' && failedReason !== null ? (failedReason.split('\n', 1)[0] ?? '').slice(0, 500) : null,
  }
}

/**
 * BullMQ's `ats` counts attempts begun and its `atm` those that ended; Bull's `attemptsMade` counts failed attempts only,
 * so that the one under way, or the one that went well, comes on top.
 */
function attemptsOf(scalars: Readonly<Record<string, unknown>>, state: MessageState): number {
  const known = numberOf(scalars.ats) ?? numberOf(scalars.atm)
  if (known !== null) return known
  return (numberOf(scalars.attemptsMade) ?? 0) + (state === 'leased' || state === 'done' ? 1 : 0)
}

/** Both try once when nothing was said. */
function maxAttemptsOf(opts: string | null): number | null {
  if (opts === null) return null
  try {
    const parsed: unknown = JSON.parse(opts)
    const attempts = typeof parsed === 'object' && parsed !== null && 'attempts' in parsed ? parsed.attempts : undefined
    return typeof attempts === 'number' && attempts > 0 ? attempts : 1
  } catch {
    return null
  }
}
