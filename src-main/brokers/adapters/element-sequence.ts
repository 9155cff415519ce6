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
  /** How often each of these stands there, as far as is looked; absent where nothing stands twice. */
  copies?(elements: readonly Uint8Array[]): Promise<readonly number[]>
  /** The distance of the first element that stands at this score or behind it; only where there are scores. */
  distanceOf?(score: string): Promise<number>
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
  copies: (elements) => copiesIn(redis, { key, from }, elements),
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

async function copiesIn(
  redis: RedisClient,
  { key, from }: { readonly key: string; readonly from: ListEnd },
  elements: readonly Uint8Array[],
): Promise<readonly number[]> {
  const looked = ['RANK', from === 'left' ? 1 : -1, 'COUNT', 0, 'MAXLEN', copyBound] as const
  const answers = await ask(
    redis,
    elements.map((bytes) => ['LPOS', key, Buffer.from(bytes), ...looked] as const),
  )
  return answers.map((places) => listOf(places).length)
}

/** Looked through in 1 ms. */
export const copyBound = 100_000
