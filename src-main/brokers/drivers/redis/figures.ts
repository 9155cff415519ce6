import type { Reading } from '../../reader'
import { timeOfId } from './ids'
import type { QueueKeys } from './keys'

/** What is counted for one queue, as the server gave it; `oldestId` is 0 when nothing is ready. */
export interface Figures {
  readonly listed: number
  readonly bodies: number
  readonly delayed: number
  readonly dead: number
  /** Places in ready lists whose body was removed. */
  readonly removed: number
  readonly oldestId: number
  readonly paused: boolean
  readonly enqueued: number
  readonly acked: number
  readonly waits: Buffer
}

/** What the read script answers per queue, in the order of `Figures`; the last is the length of the wait counters. */
export const numbersPerQueue = 10

/** The read script's answer for `queues` of them; throws when it is not one. undefined: this queue could not be read. */
export function figuresOfScript(
  answer: unknown,
  queues: number,
): { readonly now: number; readonly figures: readonly (Figures | undefined)[] } {
  const rowBytes = numbersPerQueue * 8
  const rowsEnd = 8 + queues * rowBytes
  if (!Buffer.isBuffer(answer) || answer.length < rowsEnd) throw new Error('the figures have another length')
  const numbers = new DataView(answer.buffer, answer.byteOffset, answer.byteLength)
  const figures: (Figures | undefined)[] = []
  let waitsAt = rowsEnd
  for (let row = 8; row < rowsEnd; row += rowBytes) {
    const number = (index: number) => numbers.getFloat64(row + index * 8, true)
    const waitsEnd = waitsAt + number(9)
    figures.push(
      number(0) < 0
        ? undefined
        : {
            listed: number(0),
            bodies: number(1),
            delayed: number(2),
            dead: number(3),
            removed: number(4),
            oldestId: number(5),
            paused: number(6) === 1,
            enqueued: number(7),
            acked: number(8),
            waits: answer.subarray(waitsAt, waitsEnd),
          },
    )
    waitsAt = waitsEnd
  }
  return { now: numbers.getFloat64(0, true), figures }
}

export type Command = readonly [name: string, ...args: (string | number)[]]

/** The same questions as plain commands, for servers that run no read-only script. */
export const figureCommands = (keys: QueueKeys): readonly Command[] => [
  ['HMGET', keys.state, 'paused', 'in', 'acked'],
  ['HLEN', keys.payload],
  ['ZCARD', keys.delayed],
  ['ZCARD', keys.dead],
  ['SCARD', keys.removed],
  ['GET', keys.waits],
  ...keys.ready.flatMap((key): Command[] => [
    ['LLEN', key],
    ['LINDEX', key, 0],
  ]),
]

/** `replies` in the order of figureCommands, each an answer or the error that came instead; Buffers for strings. */
export function figuresOfReplies(
  keys: QueueKeys,
  replies: readonly unknown[],
): Figures | { readonly command: Command; readonly error: Error } {
  const commands = figureCommands(keys)
  const failed = replies.findIndex((reply) => reply instanceof Error)
  if (failed >= 0) return { command: commands[failed]!, error: replies[failed] as Error }
  const [state, bodies, delayed, dead, removed, waits, ...lists] = replies as [
    (Buffer | null)[],
    number,
    number,
    number,
    number,
    Buffer | null,
    ...(number | Buffer | null)[],
  ]
  const heads = lists.filter((_, index) => index % 2 === 1).flatMap((head) => (head === null ? [] : [Number(head)]))
  return {
    listed: lists.reduce<number>((sum, length, index) => (index % 2 === 0 ? sum + Number(length) : sum), 0),
    bodies,
    delayed,
    dead,
    removed,
    oldestId: heads.length === 0 ? 0 : Math.min(...heads),
    paused: state[0] !== null,
    enqueued: Number(state[1] ?? 0),
    acked: Number(state[2] ?? 0),
    waits: waits ?? Buffer.alloc(0),
  }
}

/** Every body has exactly one place: what stands in no list and no sorted set is leased. */
export function readingOf(figures: Figures, nowMs: number): Reading {
  const ready = Math.max(figures.listed - figures.removed, 0)
  return {
    ready,
    leased: Math.max(figures.bodies - ready - figures.delayed - figures.dead, 0),
    delayed: figures.delayed,
    dead: figures.dead,
    done: 0,
    oldestReadyMs: figures.oldestId === 0 ? null : Math.max(nowMs - timeOfId(figures.oldestId), 0),
    paused: figures.paused,
    enqueuedTotal: figures.enqueued,
    ackedTotal: figures.acked,
    waitBuckets: bucketsOf(figures.waits),
    trouble: null,
  }
}

/** 64-bit big-endian counters, first bucket first; read in halves, since a BigInt for each costs more than all the rest. */
function bucketsOf(waits: Buffer): readonly number[] {
  const buckets: number[] = []
  for (let at = 0; at + 8 <= waits.length; at += 8)
    buckets.push(waits.readUInt32BE(at) * 2 ** 32 + waits.readUInt32BE(at + 4))
  return buckets
}
