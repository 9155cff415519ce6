import { isFailure } from '@shared/failure'
import type { Cause, CauseReport, MessagePage, MessageSummary } from '@shared/model/message'
import { type QueueAddress, type QueueKey, queueKey } from '@shared/model/queue'
import { fingerprint } from '@shared/payload/fingerprint'
import type { Reader } from '../brokers/reader'
import { isOfCause } from './selection'

export interface DeadQueue {
  readonly queue: QueueAddress
  readonly reader: Reader
  /** Dead letters there now; null when unknown. */
  readonly dead: number | null
}

/** Dead letters looked at, at most, newest first, shared among the queues; the report says how many of how many. */
const scanBound = 5_000
const pageRows = 500
const trendBuckets = 12

/**
 * Sorts the newest dead letters by the fingerprint of their error. Reads rows only, no payloads. A queue that cannot be read keeps
 * back none of the others; where it is the only one, its Failure is thrown.
 */
export async function sortByCause(queues: readonly DeadQueue[]): Promise<CauseReport> {
  const share = Math.max(pageRows, Math.floor(scanBound / Math.max(1, queues.length)))
  const rows: { readonly row: MessageSummary; readonly key: QueueKey }[] = []
  const unread: { key: QueueKey; words: string }[] = []
  for (const { queue, reader } of queues) {
    const key = queueKey(queue)
    try {
      const found = await newestDead(reader, queue, Math.min(share, scanBound - rows.length))
      rows.push(...found.map((row) => ({ row, key })))
    } catch (error) {
      if (!isFailure(error) || queues.length === 1) throw error
      unread.push({ key, words: error.words })
    }
    if (rows.length >= scanBound) break
  }
  const dead = queues.map((each) => each.dead)
  const total = dead.every((count) => count !== null) ? dead.reduce((sum, count) => sum + count, 0) : null
  return {
    causes: causesOf(rows),
    scanned: rows.length,
    total: total === null ? null : Math.max(total, rows.length),
    unread,
  }
}

/** A page of one cause: walks the newest dead letters until it has rows to show, at most 20 pages at a time. */
export async function pageOfCause(
  reader: Reader,
  queue: QueueAddress,
  request: { readonly cause: string; readonly cursor: string | null; readonly limit: number },
): Promise<MessagePage> {
  const items: MessageSummary[] = []
  let cursor = request.cursor
  for (let pages = 0; pages < 20; pages += 1) {
    const page = await reader.browse(queue, { state: 'dead', cursor, limit: request.limit })
    items.push(...page.items.filter((row) => isOfCause(row, request.cause)))
    cursor = page.nextCursor
    if (cursor === null || items.length >= request.limit / 2) break
  }
  return { items, nextCursor: cursor, total: null }
}

async function newestDead(reader: Reader, queue: QueueAddress, bound: number): Promise<readonly MessageSummary[]> {
  const rows: MessageSummary[] = []
  let cursor: string | null = null
  do {
    const page = await reader.browse(queue, {
      state: 'dead',
      cursor,
      limit: Math.min(pageRows, Math.max(1, bound - rows.length)),
    })
    rows.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null && rows.length < bound)
  return rows
}

interface Group {
  readonly title: string
  readonly times: number[]
  readonly queues: Map<QueueKey, number>
  count: number
}

/** Pure: the largest cause first. */
function causesOf(rows: readonly { readonly row: MessageSummary; readonly key: QueueKey }[]): Cause[] {
  const groups = new Map<string, Group>()
  for (const { row, key } of rows) {
    const cause = fingerprint(row.error ?? '')
    const group: Group = groups.get(cause.key) ?? { title: cause.title, times: [], queues: new Map(), count: 0 }
    group.count += 1
    if (row.finishedAt !== null) group.times.push(row.finishedAt)
    group.queues.set(key, (group.queues.get(key) ?? 0) + 1)
    groups.set(cause.key, group)
  }
  const times = [...groups.values()].flatMap((group) => group.times)
  const span = { from: smallest(times), to: largest(times) }
  return [...groups]
    .map(([key, { title, times: own, queues, count }]) => ({
      key,
      title,
      count,
      firstAt: smallest(own),
      lastAt: largest(own),
      queues: [...queues].map(([queue, its]) => ({ key: queue, count: its })),
      trend: trendOf(own, span),
    }))
    .sort((a, b) => b.count - a.count)
}

function trendOf(
  times: readonly number[],
  span: { readonly from: number | null; readonly to: number | null },
): number[] {
  const buckets = Array.from({ length: trendBuckets }, () => 0)
  const { from, to } = span
  if (from === null || to === null) return buckets
  const width = Math.max(1, (to - from) / trendBuckets)
  for (const at of times) {
    const index = Math.min(trendBuckets - 1, Math.floor((at - from) / width))
    buckets[index] = (buckets[index] ?? 0) + 1
  }
  return buckets
}

/** Not Math.min(...times): a spread of 5,000 is near the limit of arguments. */
const smallest = (times: readonly number[]): number | null => pick(times, (a, b) => a < b)
const largest = (times: readonly number[]): number | null => pick(times, (a, b) => a > b)

function pick(times: readonly number[], isBetter: (a: number, b: number) => boolean): number | null {
  let best: number | null = null
  for (const at of times) if (best === null || isBetter(at, best)) best = at
  return best
}
