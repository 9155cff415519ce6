import type { RedisClient } from '../clients/redis'
import { handleOf } from './element-id'
import { ask, askAll, askOne, buffersOf, explained, listOf, numberOf, pairsOf, textOf } from './redis-asking'

/** One element where it stood when it was read. */
export interface Element {
  readonly bytes: Buffer
  readonly handle: string
  /** From the end at which the sequence begins. */
  readonly distance: number
  /** A sorted set's, as the server writes it; null in a list. */
  readonly score: string | null
}

/** A list or a sorted set, read from the end that a person wants to see first: next in line, soonest, newest. */
export interface Sequence {
  readonly key: string
  measure(): Promise<Measure>
  /** One command. Fewer elements than asked for mean that it ends there. */
  window(low: number, high: number): Promise<readonly Element[]>
  /** How often the same bytes stand near the other end, where elements come in; absent where nothing stands twice. */
  copies?(elements: readonly Uint8Array[]): Promise<readonly number[]>
  /** How often each of these stands there at all, up to `atMost`; absent where nothing stands twice. */
  repeats?(asked: readonly Repeated[]): Promise<readonly number[]>
  /** The distance of the first element that stands at this score or behind it; only where there are scores. */
  distanceOf?(score: string): Promise<number>
}

export interface Repeated {
  readonly element: Pick<Element, 'bytes' | 'handle'>
  readonly atMost: number
}

export interface Measure {
  readonly length: number
  /** Elements that one command may bring, so that it brings about 2 MB at most. */
  readonly perLook: number
}

/** The end of a list: `left` is index 0. */
export type ListEnd = 'left' | 'right'

export const otherEnd = (end: ListEnd): ListEnd => (end === 'left' ? 'right' : 'left')

export const listSequence = (redis: RedisClient, key: string, from: ListEnd): Sequence => ({
  key,
  measure: () => measure(redis, key, 'LLEN'),
  copies: (elements) =>
    copiesNear(
      redis,
      { key, from: otherEnd(from), among: putBackAmong },
      elements.map((bytes) => ({
        element: { bytes: Buffer.from(bytes), handle: handleOf(bytes) },
        atMost: putBackAmong,
      })),
    ),
  repeats: (asked) => copiesNear(redis, { key, from, among: 100_000 }, asked),
  async window(low, high) {
    const right = from === 'right'
    const rows = buffersOf(
      await askOne(redis, right ? ['LRANGE', key, -(high + 1), -(low + 1)] : ['LRANGE', key, low, high]),
    )
    const inOrder = right ? [...rows].reverse() : rows
    return inOrder.map((bytes, index) => ({ bytes, handle: handleOf(bytes), distance: low + index, score: null }))
  },
})

export const sortedSequence = (redis: RedisClient, key: string, from: 'lowest' | 'highest'): Sequence => ({
  key,
  measure: () => measure(redis, key, 'ZCARD'),
  async window(low, high) {
    const name = from === 'lowest' ? 'ZRANGE' : 'ZREVRANGE'
    return pairsOf(await askOne(redis, [name, key, low, high, 'WITHSCORES'])).flatMap(([member, score], index) =>
      Buffer.isBuffer(member)
        ? [{ bytes: member, handle: handleOf(member), distance: low + index, score: textOf(score) ?? String(score) }]
        : [],
    )
  },
  async distanceOf(score) {
    const before: readonly [string, string] = from === 'lowest' ? ['-inf', `(${score}`] : [`(${score}`, '+inf']
    return numberOf(await askOne(redis, ['ZCOUNT', key, ...before])) ?? 0
  },
})

const bytesPerLook = 2 * 1024 * 1024
const mostPerLook = 1_000
/** Where the server does not tell sizes (a stand-in, an ACL without MEMORY). */
const perLookUnknown = 200

async function measure(redis: RedisClient, key: string, count: 'LLEN' | 'ZCARD'): Promise<Measure> {
  const [length, memory] = await askAll(redis, [
    [count, key],
    ['MEMORY', 'USAGE', key, 'SAMPLES', '5'],
  ])
  if (length && !length.ok) throw await explained(redis, length)
  const elements = length?.ok ? (numberOf(length.value) ?? 0) : 0
  const bytes = memory?.ok ? numberOf(memory.value) : null
  if (bytes === null || elements === 0) return { length: elements, perLook: perLookUnknown }
  const perElement = Math.max(1, bytes / elements)
  return { length: elements, perLook: Math.max(1, Math.min(mostPerLook, Math.floor(bytesPerLook / perElement))) }
}

/**
 * How often the same bytes stand among the first elements of a list, from one end: for each of these, up to `atMost`. Like bytes are
 * asked for once.
 */
export async function copiesNear(
  redis: RedisClient,
  { key, from, among }: { readonly key: string; readonly from: ListEnd; readonly among: number },
  asked: readonly Repeated[],
): Promise<readonly number[]> {
  const most = new Map<string, { readonly bytes: Buffer; readonly atMost: number }>()
  for (const { element, atMost } of asked)
    most.set(element.handle, {
      bytes: element.bytes,
      atMost: Math.max(atMost, most.get(element.handle)?.atMost ?? 0),
    })
  const distinct = [...most]
  const rank = from === 'left' ? 1 : -1
  const answers = await ask(
    redis,
    distinct.map(
      ([, { bytes, atMost }]) => ['LPOS', key, bytes, 'RANK', rank, 'COUNT', atMost, 'MAXLEN', among] as const,
    ),
  )
  const counts = new Map(distinct.map(([handle], index) => [handle, listOf(answers[index]).length]))
  return asked.map(({ element }) => counts.get(element.handle) ?? 0)
}

/** Where something was put back, it is looked for among so many from that end: later it may be put back twice. */
export const putBackAmong = 2_000
