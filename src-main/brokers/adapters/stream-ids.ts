/** Ids of stream entries: "milliseconds-sequence", ordered by both as 64-bit numbers. */
export interface StreamId {
  readonly ms: bigint
  readonly seq: bigint
}

/** null: no id of a single entry. */
export function parseStreamId(id: string): StreamId | null {
  const [, ms, seq] = /^(\d{1,20})(?:-(\d{1,20}))?$/.exec(id) ?? []
  return ms === undefined ? null : { ms: BigInt(ms), seq: BigInt(seq ?? 0) }
}

export function compareIds(left: string, right: string): number {
  const [a, b] = [parseStreamId(left) ?? zero, parseStreamId(right) ?? zero]
  if (a.ms !== b.ms) return a.ms < b.ms ? -1 : 1
  return a.seq === b.seq ? 0 : a.seq < b.seq ? -1 : 1
}

/** The first id behind this one, for ranges that do not hold it: "(id" wants Redis 6.2. null: there is none. */
export function idAfter(id: string): string | null {
  const { ms, seq } = parseStreamId(id) ?? zero
  if (seq < largest) return `${ms}-${seq + 1n}`
  return ms < largest ? `${ms + 1n}-0` : null
}

export function idBefore(id: string): string | null {
  const { ms, seq } = parseStreamId(id) ?? zero
  if (seq > 0n) return `${ms}-${seq - 1n}`
  return ms > 0n ? `${ms - 1n}-${largest}` : null
}

/** Epoch milliseconds, where the server made the id: those that producers choose need not be times. */
export function timeOfId(id: string, now: number): number | null {
  const ms = Number(parseStreamId(id)?.ms ?? 0n)
  return ms > earliestTime && ms < now + dayMs ? ms : null
}

const zero: StreamId = { ms: 0n, seq: 0n }
const largest = 2n ** 64n - 1n
/** Before streams were released (2018) nothing was added to one. */
const earliestTime = Date.UTC(2017, 0, 1)
const dayMs = 86_400_000
