import { Failure } from '@shared/failure'

/**
 * Every key of a queue of ours. All stand in one cluster slot: the name is the hash tag. This file alone knows how a
 * name becomes a key and what lies under which name.
 */
export interface QueueKeys {
  readonly name: string
  /** What all of them begin with. */
  readonly base: string
  /** hash: id (last given out), lease (last lease id), died (last dead stamp), in, acked, dead, replayed, paused, mixed, big, holes. */
  readonly state: string
  /** hash: id -> body. The existence of a field is the truth about the existence of a message. */
  readonly payload: string
  /** hash: id -> attempts, attributes and history (see meta.ts); only for messages that have any. */
  readonly meta: string
  /** list per priority: ids, next in line first. Index 0 to 9. */
  readonly ready: readonly string[]
  /** zset: id -> due time * 16 + priority. */
  readonly delayed: string
  /** zset: id -> stamp * 16 + priority; stamps are unique and only grow. */
  readonly dead: string
  /** zset: lease id -> expiry. */
  readonly leases: string
  /** hash: lease id -> record (see record.ts). */
  readonly leased: string
  /** string: 64-bit counters, one per bucket of wait time. */
  readonly waits: string
  /** set: ids whose body was removed while their place in a ready list stands; a lease passes over them. */
  readonly removed: string
  /** list of at most one marker: something became ready. */
  readonly wake: string
}

export const defaultPrefix = 'qe'
export const defaultPriority = 5
export const priorities = 10

/** Longest name in bytes: keys of every queue are read at each sample. */
const longestName = 512

/** Set of queue names, in its own slot. */
export const registryKey = (prefix: string) => `${checkedPrefix(prefix)}:queues`

/** After the base. A script that reads a hundred queues is given bases, and these once; a list's priority follows the last. */
export const readSuffixes = ['state', 'payload', 'delayed', 'dead', 'removed', 'waits', 'ready:'] as const

export function queueKeys(prefix: string, name: string): QueueKeys {
  const base = `${checkedPrefix(prefix)}:{${tagOf(name)}}:`
  const [state, payload, delayed, dead, removed, waits, ready] = readSuffixes.map((suffix) => base + suffix) as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  return {
    name,
    base,
    state,
    payload,
    meta: `${base}meta`,
    ready: Array.from({ length: priorities }, (_, priority) => ready + priority),
    delayed,
    dead,
    leases: `${base}leases`,
    leased: `${base}leased`,
    waits,
    removed,
    wake: `${base}wake`,
  }
}

/** What each key must hold, for telling which one is wrong. */
export const expectedTypes = (keys: QueueKeys): readonly (readonly [key: string, type: string])[] => [
  [keys.state, 'hash'],
  [keys.payload, 'hash'],
  [keys.meta, 'hash'],
  ...keys.ready.map((key) => [key, 'list'] as const),
  [keys.delayed, 'zset'],
  [keys.dead, 'zset'],
  [keys.leases, 'zset'],
  [keys.leased, 'hash'],
  [keys.waits, 'string'],
  [keys.removed, 'set'],
  [keys.wake, 'list'],
]

/** A tag ends at the first closing brace, so braces are escaped, and the escape itself. */
export function tagOf(name: string): string {
  if (name === '') throw new Failure({ code: 'bad-input', message: 'A queue needs a name.' })
  if (Buffer.byteLength(name) > longestName)
    throw new Failure({ code: 'bad-input', message: `A queue's name may have at most ${longestName} bytes.` })
  // A lone surrogate has no UTF-8: the name could not come back as it went.
  if (/\p{Surrogate}/u.test(name))
    throw new Failure({ code: 'bad-input', message: "This queue's name is not well-formed Unicode.", subject: name })
  return name.replace(/[{}%]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
}

export const nameOfTag = (tag: string): string =>
  tag.replace(/%(7B|7D|25)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))

function checkedPrefix(prefix: string): string {
  if (prefix === '' || /[{}]/.test(prefix) || Buffer.byteLength(prefix) > 128)
    throw new Failure({
      code: 'bad-input',
      message: 'A key prefix has 1 to 128 bytes and no braces.',
      subject: prefix,
    })
  return prefix
}

/** Bodies above this travel outside Lua, which copies and hashes every string it touches. */
export const largeBodyBytes = 1024
