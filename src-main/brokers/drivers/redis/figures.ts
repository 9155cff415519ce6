import { type Reading, unreadable } from '../../reader'
import { timeOfId } from './ids'
import { expectedTypes, type QueueKeys } from './keys'
import { wrongType } from './trouble'

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

export function figuresOfScript(reply: unknown): Figures | { readonly key: string; readonly type: string } {
  if (!Array.isArray(reply)) throw new Error('the read script answers one array per queue')
  if (reply.length === 2) return { key: String(reply[0]), type: String(reply[1]) }
  const [listed, bodies, delayed, dead, removed, oldestId, paused, enqueued, acked, waits] = reply
  return { listed, bodies, delayed, dead, removed, oldestId, paused: paused === 1, enqueued, acked, waits }
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

export const wrongKey = (keys: QueueKeys, key: string, type: string): Reading =>
  unreadable(wrongType(key, expectedTypes(keys).find(([name]) => name === key)?.[1] ?? 'another type', type))

/** 64-bit big-endian counters, first bucket first; read in halves, since a BigInt for each costs more than all the rest. */
function bucketsOf(waits: Buffer): readonly number[] {
  const buckets: number[] = []
  for (let at = 0; at + 8 <= waits.length; at += 8)
    buckets.push(waits.readUInt32BE(at) * 2 ** 32 + waits.readUInt32BE(at + 4))
  return buckets
}
