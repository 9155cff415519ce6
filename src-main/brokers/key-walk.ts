import { Failure } from '@shared/failure'
import type { Layout } from '@shared/model/queue'
import { Cluster, type Redis } from 'ioredis'
import { type Clock, pause } from '../runtime/clock'
import type { RedisClient } from './clients/redis'
import { redisFailure } from './clients/redis-failure'
import { KeySorter } from './key-sorter'
import type { Found, KeyFamily } from './reader'

export interface WalkedFamily {
  readonly layout: Layout
  readonly keys: KeyFamily
}

export interface KeyWalk {
  readonly families: readonly WalkedFamily[]
  readonly found: (queue: Found) => void
  /** Found already, from registries: their keys are nobody else's queues. */
  readonly known: readonly Found[]
  /** Keys looked at so far, after each step. */
  readonly onProgress?: (keys: number) => void
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Somebody waits: as fast as the server bears. Nobody does: two steps a second, so that an idle environment costs little. */
  readonly pace: 'hurried' | 'idle'
  /** Only keys that begin with one of these are looked at; empty: all. */
  readonly prefixes: readonly string[]
}

/** Keys that one SCAN call looks at. 1,000 cost 0.8 ms of the server's time (measured in 5 million keys). */
const scanCount = { hurried: 1_000, idle: 2_000 } as const
const idleRestMs = 500

/** Others get four times what a step took of the server, at most 10 ms; the time that was spent thinking here is theirs already. */
const restAfter = ({ askedMs, thoughtMs }: { readonly askedMs: number; readonly thoughtMs: number }) =>
  Math.max(0, Math.min(10, askedMs * 4) - thoughtMs)

/**
 * One unfiltered, paced SCAN over every master, shown to all layouts at once: a filter per layout would walk the key space once for
 * each. Queues are told as soon as they are proved, so the first ones show while the walk goes on; what no family claims by name is
 * told at the end, by its type. No queue is told twice. Throws a Failure 'denied' where SCAN is not allowed; ends quietly with the
 * signal. Answers in words what was left out for being too much.
 */
export async function walkKeys(redis: RedisClient, walk: KeyWalk): Promise<{ readonly bounds: readonly string[] }> {
  const sorter = new KeySorter(walk)
  for (const master of redis instanceof Cluster ? redis.nodes('master') : [redis]) {
    let cursor = '0'
    do {
      if (walk.signal.aborted) return { bounds: [] }
      const began = walk.clock.elapsed()
      const [next, keys] = await scan(master, cursor, scanCount[walk.pace])
      const scanned = walk.clock.elapsed()
      const askedMs = await sorter.take(keys, master)
      walk.onProgress?.(sorter.seen)
      cursor = next
      const thoughtMs = walk.clock.elapsed() - scanned - askedMs
      const restMs = walk.pace === 'idle' ? idleRestMs : restAfter({ askedMs: scanned - began + askedMs, thoughtMs })
      if (cursor !== '0') await pause(walk.clock, restMs, walk.signal)
    } while (cursor !== '0')
  }
  await sorter.finish()
  return { bounds: sorter.bounds() }
}

async function scan(
  master: Redis | RedisClient,
  cursor: string,
  count: number,
): Promise<readonly [string, readonly string[]]> {
  try {
    const [next, keys] = (await master.call('SCAN', cursor, 'COUNT', count)) as [string, string[]]
    return [String(next), keys]
  } catch (error) {
    const failure = redisFailure(error, 'Redis')
    if (failure.code !== 'denied') throw failure
    throw new Failure(
      {
        ...failure.view(),
        message: "this connection's user may not run SCAN, so queues cannot be found by looking",
        hint: "Allow +scan in the server's ACL, or name the queues to watch.",
      },
      { cause: error },
    )
  }
}
