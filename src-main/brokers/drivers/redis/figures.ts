import type { Reading } from '../../reader'
import { timeOfId } from './ids'
import type { QueueKeys } from './keys'

/** What is counted for one queue, as the server gave it; `oldestId` is 0 when nothing is ready. */
export interface Figures {
  /** Messages in ready lists, and what was removed from them. */
  readonly listed: number
  /** Messages, in parcels or alone. */
  readonly bodies: number
  readonly delayed: number
  readonly dead: number
  /** Done and kept. */
  readonly done: number
  /** Places in ready lists whose body was removed. */
  readonly removed: number
  readonly oldestId: number
  readonly paused: boolean
  readonly enqueued: number
  readonly acked: number
  readonly waits: Buffer
}

/** How the read script marks a queue's row, added up. `waits` counts the bytes of its wait counters. */
export const rowMarks = { paused: 1, busy: 2, unread: 4, waits: 8 } as const

/** The read script's answer for `queues` of them. undefined: this queue could not be read. Throws when it is no such answer. */
export function figuresOfScript(
  answer: unknown,
  queues: number,
): { readonly now: number; readonly figures: readonly (Figures | undefined)[] } {
  if (!Buffer.isBuffer(answer)) throw new Error('the read script answers one string')
  const rows: number[] = []
  let at = 8
  for (let queue = 0; queue < queues; queue += 1) {
    rows.push(at)
    const marks = answer.readUInt32LE(at)
    at += 4 + 8 * (marks & rowMarks.unread ? 0 : marks & rowMarks.busy ? 9 : 2)
  }
  const figures: (Figures | undefined)[] = []
  for (const row of rows) {
    const waits = answer.subarray(at, at + Math.floor(answer.readUInt32LE(row) / rowMarks.waits))
    figures.push(figuresOfRow(answer, row, waits))
    at += waits.length
  }
  if (at !== answer.length) throw new Error('the figures have another length')
  return { now: answer.readDoubleLE(0), figures }
}

function figuresOfRow(answer: Buffer, row: number, waits: Buffer): Figures | undefined {
  const marks = answer.readUInt32LE(row)
  if (marks & rowMarks.unread) return undefined
  const busy = (marks & rowMarks.busy) !== 0
  return {
    enqueued: answer.readDoubleLE(row + 4),
    acked: answer.readDoubleLE(row + 12),
    listed: busy ? answer.readDoubleLE(row + 20) : 0,
    bodies: busy ? answer.readDoubleLE(row + 28) : 0,
    delayed: busy ? answer.readDoubleLE(row + 36) : 0,
    dead: busy ? answer.readDoubleLE(row + 44) : 0,
    removed: busy ? answer.readDoubleLE(row + 52) : 0,
    oldestId: busy ? answer.readDoubleLE(row + 60) : 0,
    done: busy ? answer.readDoubleLE(row + 68) : 0,
    paused: (marks & rowMarks.paused) !== 0,
    waits,
  }
}

export type Command = readonly [name: string, ...args: (string | number)[]]

/** The same questions as plain commands, for servers that run no read-only script. */
export const figureCommands = (keys: QueueKeys): readonly Command[] => [
  ['HMGET', keys.state, 'paused', 'in', 'acked', 'grouped', 'spread', 'parceled'],
  ['HLEN', keys.payload],
  ['ZCARD', keys.done],
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
  const [state, bodies, done, delayed, dead, removed, waits, ...lists] = replies as [
    (Buffer | null)[],
    number,
    number,
    number,
    number,
    number,
    Buffer | null,
    ...(number | Buffer | null)[],
  ]
  const heads = lists
    .filter((_, index) => index % 2 === 1)
    .flatMap((head) => (head === null ? [] : [numberOfHead(String(head))]))
  return {
    listed:
      Number(state[3] ?? 0) +
      Number(state[4] ?? 0) +
      lists.reduce<number>((sum, length, index) => (index % 2 === 0 ? sum + Number(length) : sum), 0),
    done,
    bodies: bodies + Number(state[5] ?? 0),
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

/** A place whose message was moved elsewhere holds 'h' before the id. */
const numberOfHead = (head: string): number => Number(/\d+/.exec(head)?.[0] ?? 0)

/** Every body has exactly one place: what stands in no list and no sorted set is leased. */
export function readingOf(figures: Figures, nowMs: number): Reading {
  const ready = Math.max(figures.listed - figures.removed, 0)
  return {
    ready,
    leased: Math.max(figures.bodies - ready - figures.delayed - figures.dead - figures.done, 0),
    delayed: figures.delayed,
    dead: figures.dead,
    done: figures.done,
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
