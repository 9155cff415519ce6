import { Failure } from '@shared/failure'
import type { AskedQueue } from '../../clients/asked'

/**
 * Every key of a queue of ours. All stand in one cluster slot: the name is the hash tag. This file alone knows how a
 * name becomes a key and what lies under which name. Scripts are given `state` and make the others of what it begins with.
 */
export interface QueueKeys {
  readonly name: string
  /** What all of them begin with. */
  readonly base: string
  /**
   * hash: id (last given out), lease (last lease id), died and finished (last stamps), in, acked, dead, failed, replayed
   * (totals), paused, big (has seen bodies that Lua should not touch), holes (places in lists may be removed ones), rich (uses
   * more than plain messages: only the rich scripts know all its keys), hole (last one made on purpose), grouped (messages in group lists), starts (a limit's window), spread (messages in ready lists beyond one a place), parceled
   * (messages in parcels).
   */
  readonly state: string
  /** hash: id -> body. The existence of a field, here or in a parcel, is the truth about the existence of a message. */
  readonly payload: string
  /** hash: first id -> bodies of a batch that nobody had to take apart yet (see parcel.ts); none of them stands in `payload`. */
  readonly parcels: string
  /** hash: id -> attempts, attributes and history (see meta.ts); only for messages that have any. */
  readonly meta: string
  /** list per priority: ids, or runs of them (see runs.ts), next in line first. Index 0 to 9. */
  readonly ready: readonly string[]
  /** zset: id -> due time * 16 + priority. */
  readonly delayed: string
  /** zset: id -> stamp * 16 + priority; stamps are unique and only grow. */
  readonly dead: string
  /** zset: id -> stamp * 16 + priority, of messages that are done and kept. */
  readonly done: string
  /** hash: id -> result as JSON. */
  readonly results: string
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
  /** list: groups that have ready messages and none in flight, next in turn first. Their ids stand in lists of their own (see groupList). */
  readonly groups: string
  /** hash: group -> the id that is in flight, or waits for its retry, and holds the others of its group back. */
  readonly busy: string
  /** zset: group -> when its limit lets it go on, ms. */
  readonly held: string
  /** hash: group -> its limit's window. */
  readonly windows: string
  /** hash: own id -> id. */
  readonly names: string
  /** hash: id -> progress and log lines. */
  readonly notes: string
  /** hash: parent -> children not done, and "parent index" -> a done child's result. */
  readonly kids: string
  /** list: children that are done and whose parents were not told yet. */
  readonly notices: string
  /** Not among these: `dedup:KEY`, a string that holds the id which a dedup key stands for while its window is open. */

  /** hash: schedule key -> definition, and zset: schedule key -> its next time. */
  readonly schedules: string
  readonly ticks: string
}

export const defaultPrefix = 'qe'
export const defaultPriority = 5
export const priorities = 10

/** Longest name in bytes: keys of every queue are read at each sample. */
const longestName = 512

/** Set of queue names, in its own slot. */
export const registryKey = (prefix: string) => `${checkedPrefix(prefix)}:queues`

const single = [
  ['payload', 'hash'],
  ['parcels', 'hash'],
  ['meta', 'hash'],
  ['delayed', 'zset'],
  ['dead', 'zset'],
  ['done', 'zset'],
  ['results', 'hash'],
  ['leases', 'zset'],
  ['leased', 'hash'],
  ['waits', 'string'],
  ['removed', 'set'],
  ['wake', 'list'],
  ['groups', 'list'],
  ['busy', 'hash'],
  ['held', 'zset'],
  ['windows', 'hash'],
  ['names', 'hash'],
  ['notes', 'hash'],
  ['kids', 'hash'],
  ['notices', 'list'],
  ['schedules', 'hash'],
  ['ticks', 'zset'],
] as const

export function queueKeys(prefix: string, name: string): QueueKeys {
  const base = `${checkedPrefix(prefix)}:{${tagOf(name)}}:`
  const named = Object.fromEntries(single.map(([key]) => [key, base + key])) as Record<
    (typeof single)[number][0],
    string
  >
  return {
    name,
    base,
    state: `${base}state`,
    ready: Array.from({ length: priorities }, (_, priority) => `${base}ready:${priority}`),
    ...named,
  }
}

/** The list of a group's ready ids; `group` escaped as in ids. */
export const groupList = (keys: QueueKeys, group: string): string => `${keys.base}g:${group}`

/** string: who is at it, or the result, of what a handler does only once. */
export const onceKey = (keys: QueueKeys, key: string): string => `${keys.base}once:${key}`

/** The queue as it is asked about. */
export const askedQueue = (keys: QueueKeys): AskedQueue => ({ queue: keys.name, types: () => expectedTypes(keys) })

/** What each key must hold, for telling which one is wrong. */
export const expectedTypes = (keys: QueueKeys): readonly (readonly [key: string, type: string])[] => [
  [keys.state, 'hash'],
  ...keys.ready.map((key) => [key, 'list'] as const),
  ...single.map(([key, type]) => [keys[key], type] as const),
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
