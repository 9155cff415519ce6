import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { Snapshot } from '../../remedies'
import { aroundBody, bodyOf } from './job'
import type { JobLocator } from './locating'

/**
 * A job is its arguments (the snapshot's body) and the text around them, `before` and `after`; `place` is its score in a set.
 * `copies`: how many of the same bytes its list held, as digits.
 */
export async function takeSnapshots(
  locator: JobLocator,
  queue: QueueAddress,
  { state, ids }: { readonly state: MessageState; readonly ids: readonly string[] },
): Promise<readonly Snapshot[]> {
  const there = (await locator.locate(queue, state, ids)).flatMap(({ id, at }) => (at ? [{ id, ...at }] : []))
  const sequence = there[0]?.place.sequence
  const copies = await sequence?.copies?.(there.map(({ found }) => found.job.bytes))
  return there.map(({ id, place, found }, index) => {
    locator.seen.archive(place.key, id, found.handle)
    return {
      id,
      state,
      place: found.score ?? '',
      body: Buffer.from(bodyOf(found.job)),
      fields: { ...aroundBody(found.job), copies: Buffer.from(String(Math.max(1, copies?.[index] ?? 1))) },
    }
  })
}

/** The job's own bytes again. */
export function wholeJob({ body, fields }: Snapshot): { readonly bytes: Buffer; readonly copies: number } {
  const { before = new Uint8Array(), after = new Uint8Array(), copies } = fields
  return {
    bytes: Buffer.concat([before, body, after]),
    copies: copies ? Number(Buffer.from(copies).toString('utf8')) : 1,
  }
}
