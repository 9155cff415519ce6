import { Failure } from '@shared/failure'
import type { Layout } from '@shared/model/queue'
import { Cluster, type Redis } from 'ioredis'
import { type Clock, pause } from '../runtime/clock'
import type { RedisClient } from './clients/redis'
import { redisFailure } from './clients/redis-failure'
import { KeyShapes } from './key-shapes'
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
  /** Somebody waits: as fast as the server bears. Nobody does: four steps a second, so that an idle environment costs little. */
  readonly pace: 'hurried' | 'idle'
  /** Only keys that begin with one of these are looked at; empty: all. */
  readonly prefixes: readonly string[]
}

/** Keys that one SCAN call looks at. 1,000 cost 0.8 ms of the server's time (measured in 5 million keys). */
const scanCount = { hurried: 1_000, idle: 2_000 } as const
const idleRestMs = 250
/** TYPE questions and proofs that travel together. */
const provedPerCall = 500
/** Unclaimed lists and streams that are kept until the walk's end, when it is known whose keys they are. */
const mostUnclaimed = 100_000

/** Between two calls others get four times the call's own time, at most 10 ms. */
const restAfter = (callMs: number) => Math.min(10, callMs * 4)

/**
 * One unfiltered, paced SCAN over every master, shown to all layouts at once: a filter per layout would walk the key space once for
 * each. Queues are told as soon as they are proved, so the first ones show while the walk goes on; what no family claims by name is
 * told at the end, by its type. Throws a Failure 'denied' where SCAN is not allowed; ends quietly with the signal.
 */
export async function walkKeys(redis: RedisClient, walk: KeyWalk): Promise<void> {
  const sorter = new KeySorter(walk)
  for (const master of redis instanceof Cluster ? redis.nodes('master') : [redis]) {
    let cursor = '0'
    do {
      if (walk.signal.aborted) return
      const began = walk.clock.elapsed()
      const [next, keys] = await scan(master, cursor, scanCount[walk.pace])
      await sorter.take(keys, master)
      walk.onProgress?.(sorter.seen)
      cursor = next
      const restMs = walk.pace === 'idle' ? idleRestMs : restAfter(walk.clock.elapsed() - began)
      if (cursor !== '0') await pause(walk.clock, restMs, walk.signal)
    } while (cursor !== '0')
  }
  await sorter.finish()
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

/** Shows each key to the families, and asks for the type of those that nobody proves to be theirs. */
class KeySorter {
  seen = 0
  /** Per family, candidates that were proved or not. */
  private readonly judged = new Map<Layout, Map<string, boolean>>()
  private readonly bases = new Set<string>()
  private readonly owned = new Set<string>()
  private readonly shapes = new KeyShapes()
  private readonly byType: ReadonlyMap<string, WalkedFamily>
  private readonly unclaimed = new Map<Layout, Set<string>>()
  private unclaimedCount = 0

  constructor(private readonly walk: KeyWalk) {
    for (const queue of walk.known) this.own(queue)
    this.byType = new Map(
      walk.families.flatMap((family) => (family.keys.unclaimed ? [[family.keys.unclaimed, family] as const] : [])),
    )
  }

  async take(keys: readonly string[], master: Redis | RedisClient): Promise<void> {
    this.seen += keys.length
    const { prefixes } = this.walk
    const wanted =
      prefixes.length === 0 ? keys : keys.filter((key) => prefixes.some((prefix) => key.startsWith(prefix)))
    const sighted = new Map<string, readonly { readonly layout: Layout; readonly candidate: string }[]>()
    const strangers: string[] = []
    for (const key of wanted) {
      const sightings = this.sight(key)
      if (sightings === 'mine') continue
      if (sightings.length > 0) sighted.set(key, sightings)
      else strangers.push(key)
    }
    await this.judge([...sighted.values()].flat())
    for (const [key, sightings] of sighted) {
      const isProved = sightings.some(({ layout, candidate }) => this.judged.get(layout)?.get(candidate) === true)
      if (!isProved) strangers.push(key)
    }
    if (this.byType.size > 0) await this.sortByType(strangers, master)
  }

  /** What is left of a type is told once it is known whose keys they are not. */
  async finish(): Promise<void> {
    for (const { layout, keys: family } of this.walk.families) {
      const own = [...(this.unclaimed.get(layout) ?? [])].filter((key) => !this.isOwned(key))
      await this.prove(family, own)
    }
  }

  private sight(key: string) {
    const sightings: { layout: Layout; candidate: string }[] = []
    for (const { layout, keys: family } of this.walk.families) {
      const sighting = family.sight(key)
      if (sighting === 'mine') return 'mine'
      // Two families may read one name: evidence decides, so each is asked.
      if (sighting) sightings.push({ layout, candidate: sighting.candidate })
    }
    return sightings
  }

  private async judge(sightings: readonly { readonly layout: Layout; readonly candidate: string }[]): Promise<void> {
    for (const { layout, keys: family } of this.walk.families) {
      const judged = this.judged.get(layout) ?? new Map<string, boolean>()
      this.judged.set(layout, judged)
      const fresh = new Set<string>()
      for (const sighting of sightings)
        if (sighting.layout === layout && !judged.has(sighting.candidate)) fresh.add(sighting.candidate)
      const candidates = [...fresh]
      const proofs = await this.prove(family, candidates)
      for (const [index, candidate] of candidates.entries()) judged.set(candidate, (proofs[index]?.length ?? 0) > 0)
    }
  }

  private async prove(family: KeyFamily, candidates: readonly string[]): Promise<readonly (readonly Found[])[]> {
    const proofs: (readonly Found[])[] = []
    for (let at = 0; at < candidates.length; at += provedPerCall) {
      if (this.walk.signal.aborted) return proofs
      proofs.push(...(await family.prove(candidates.slice(at, at + provedPerCall))))
    }
    for (const queue of proofs.flat()) {
      this.own(queue)
      this.walk.found(queue)
    }
    return proofs
  }

  private async sortByType(keys: readonly string[], master: Redis | RedisClient): Promise<void> {
    const asked = keys.filter((key) => !this.isOwned(key) && this.shapes.isWorthAsking(key))
    for (let at = 0; at < asked.length; at += provedPerCall) {
      const some = asked.slice(at, at + provedPerCall)
      const pipeline = master.pipeline()
      for (const key of some) pipeline.type(key)
      const answers = (await pipeline.exec()) ?? []
      some.forEach((key, index) => {
        const family = this.byType.get(String(answers[index]?.[1]))
        this.shapes.learn(key, family !== undefined)
        if (family) this.keep(family.layout, key)
      })
    }
  }

  private keep(layout: Layout, key: string): void {
    const keys = this.unclaimed.get(layout) ?? new Set<string>()
    this.unclaimed.set(layout, keys)
    if (this.unclaimedCount >= mostUnclaimed || keys.has(key)) return
    keys.add(key)
    this.unclaimedCount += 1
  }

  private own({ keyBase, ownKeys = [] }: Found): void {
    if (keyBase) this.bases.add(keyBase)
    for (const key of ownKeys) this.owned.add(key)
  }

  private isOwned(key: string): boolean {
    if (this.owned.has(key)) return true
    for (let colon = key.indexOf(':'); colon >= 0; colon = key.indexOf(':', colon + 1))
      if (this.bases.has(key.slice(0, colon + 1))) return true
    return false
  }
}
