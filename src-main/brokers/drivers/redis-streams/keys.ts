import { Failure } from '@shared/failure'
import type { AskedQueue } from '../../clients/asked'

/**
 * Every key of a queue, in the order in which all scripts get them: what is the queue's, then what is one group's. All stand
 * in one cluster slot. This file alone knows how a name becomes a key and what lies under which name.
 */
export const keyNames = [
  /** stream: what was produced, by us or by plain XADD. */
  'stream',
  /** hash: seq (last delayed id), in. */
  'queue',
  /** zset: id of a message that was enqueued with a delay -> due time. */
  'later',
  /** hash: that id -> packed fields (see entry.ts). */
  'payload',
  /** hash: that id -> entry, and entry -> that id, once it stands in the stream. */
  'aliases',
  /** zset: schedule -> next time. */
  'schedules',
  /** hash: schedule -> definition. */
  'definitions',

  /** hash: lease, stamp (last given out), paused, acked, dead, replayed, failed, lost. */
  'state',
  /** zset: entry that is ready once more -> stamp. Leased before what is new in the stream. */
  'again',
  /** zset: entry that waits for its retry -> due time. */
  'delayed',
  /** zset: entry -> stamp. */
  'dead',
  /** zset: entry -> stamp. */
  'done',
  /** zset: entry in somebody's hands -> lease id. The fence: an entry has one lease, and only that may settle it. */
  'held',
  /** zset: lease id -> expiry. */
  'leases',
  /** hash: lease id -> worker. */
  'workers',
  /** hash: entry -> attempts and history (see meta.ts); only for those that failed. */
  'meta',
  /** hash: entry -> packed fields: of dead, replayed, kept and edited ones, which need no stream any more. */
  'kept',
  /** hash: entry -> JSON. */
  'results',
  /** hash: entry -> JSON. */
  'progress',
  /** hash: entry -> packed lines. */
  'logs',
  /** hash: as aliases, for what this group has seen and not forgotten. */
  'names',
  /** set: entries of the stream that this group shall pass over. */
  'removed',
  /** stream of one entry: something became ready besides what is new in the stream. */
  'wake',
  /** list: "begun-from begun-until count", of what a limit counts. */
  'begun',
  /** list: entries whose body was gone when their turn came, newest first, at most 100. */
  'lost',
] as const

export type KeyName = (typeof keyNames)[number]

const typeOf: Record<KeyName, string> = {
  stream: 'stream',
  queue: 'hash',
  later: 'zset',
  payload: 'hash',
  aliases: 'hash',
  schedules: 'zset',
  definitions: 'hash',
  state: 'hash',
  again: 'zset',
  delayed: 'zset',
  dead: 'zset',
  done: 'zset',
  held: 'zset',
  leases: 'zset',
  workers: 'hash',
  meta: 'hash',
  kept: 'hash',
  results: 'hash',
  progress: 'hash',
  logs: 'hash',
  names: 'hash',
  removed: 'set',
  wake: 'stream',
  begun: 'list',
  lost: 'list',
}

const queueKeys = 7

export interface StreamKeys {
  readonly queue: string
  readonly group: string
  /** What those of the queue begin with. */
  readonly base: string
  /** In the order of keyNames. */
  readonly all: readonly string[]
  readonly of: Readonly<Record<KeyName, string>>
}

export const defaultPrefix = 'qs'
export const defaultGroup = 'engine'

/** Set of queue names, in its own slot. */
export const registryKey = (prefix: string) => `${prefix}:queues`

/** `streamKey`: a stream that others own; the rest of our keys then goes to its slot. */
export function streamKeys({
  prefix,
  queue,
  group,
  streamKey,
}: {
  readonly prefix: string
  readonly queue: string
  readonly group: string
  readonly streamKey?: string | undefined
}): StreamKeys {
  for (const [what, text, most] of [
    ['key prefix', prefix, 128],
    ['queue’s name', queue, 512],
    ['group’s name', group, 128],
  ] as const)
    checkName(what, text, most)
  if (/[{}]/.test(prefix))
    throw new Failure({ code: 'bad-input', message: 'A key prefix has no braces.', subject: prefix })
  const tag = streamKey === undefined ? escaped(queue) : tagOf(streamKey)
  const base = `${prefix}:{${tag}}:${streamKey === undefined ? '' : `${queue}:`}`
  const entries = keyNames.map((name, index): readonly [KeyName, string] => {
    if (name === 'stream' && streamKey !== undefined) return [name, streamKey]
    return [name, index < queueKeys ? base + name : `${base}group:${group}:${name}`]
  })
  return {
    queue,
    group,
    base,
    all: entries.map(([, key]) => key),
    of: Object.fromEntries(entries) as Record<KeyName, string>,
  }
}

/** The queue as it is asked about. */
export const askedQueue = (keys: StreamKeys): AskedQueue => ({ queue: keys.queue, types: () => expectedTypes(keys) })

/** What each key must hold, for telling which one is wrong. */
export const expectedTypes = (keys: StreamKeys): readonly (readonly [key: string, type: string])[] =>
  keyNames.map((name) => [keys.of[name], typeOf[name]] as const)

/** A key that says within which window `key` was seen. */
export const dedupKey = (keys: StreamKeys, key: string) => `${keys.base}dedup:${key}`
export const idempotencyKey = (keys: StreamKeys, key: string) => `${keys.base}once:${key}`

/** The part of a key that names its slot: between the first braces, if anything stands there, else the whole. */
function tagOf(key: string): string {
  const open = key.indexOf('{')
  const close = open < 0 ? -1 : key.indexOf('}', open + 1)
  if (close > open + 1) return key.slice(open + 1, close)
  if (key !== '' && !/[{}]/.test(key)) return key
  throw new Failure({
    code: 'bad-input',
    message: `The key ${key} cannot name a slot for others.`,
    hint: 'Name a stream whose braces hold something, or have it named without any.',
    subject: key,
  })
}

/** A tag ends at the first closing brace, so braces are escaped, and the escape itself. */
const escaped = (name: string): string =>
  name.replace(/[{}%]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)

function checkName(what: string, text: string, most: number): void {
  if (text === '') throw new Failure({ code: 'bad-input', message: `A ${what} is not empty.` })
  if (Buffer.byteLength(text) > most)
    throw new Failure({ code: 'bad-input', message: `A ${what} may have at most ${most} bytes.`, subject: text })
  // A lone surrogate has no UTF-8: the name could not come back as it went.
  if (/\p{Surrogate}/u.test(text))
    throw new Failure({ code: 'bad-input', message: `This ${what} is not well-formed Unicode.`, subject: text })
}
