import { type Layout, queueKey } from '@shared/model/queue'
import { visible } from '@shared/payload/visible'
import type { Redis } from 'ioredis'
import type { Clock } from '../runtime/clock'
import type { RedisClient } from './clients/redis'
import { redisFailure } from './clients/redis-failure'
import { runReadOnlyScript, script } from './clients/script'
import { KeyShapes, shapeOf } from './key-shapes'
import type { Found, KeyFamily } from './reader'

export interface Sorting {
  readonly families: readonly { readonly layout: Layout; readonly keys: KeyFamily }[]
  readonly found: (queue: Found) => void
  readonly known: readonly Found[]
  readonly prefixes: readonly string[]
  readonly signal: AbortSignal
  readonly clock: Clock
}

/** TYPE questions and proofs that travel together. */
const provedPerCall = 500
/** Unclaimed lists and streams that are kept until the walk's end, when it is known whose keys they are. */
const mostUnclaimed = 10_000
/** Of one shape, so that a list per user ("user:#:inbox") leaves room for the others. */
const mostPerShape = 5_000

interface Sighting {
  readonly layout: Layout
  readonly candidate: string
}

/** Shows each key to the families, and asks for the type of those that nobody proves to be theirs. */
export class KeySorter {
  seen = 0
  /** Per family, candidates that were proved or not. */
  private readonly judged = new Map<Layout, Map<string, boolean>>()
  /** Per family, which candidates are worth proving: a million job hashes may be named as a queue could be. */
  private readonly candidateShapes = new Map<Layout, KeyShapes>()
  private readonly told = new Set<string>()
  private readonly bases = new Set<string>()
  /** What bases begin with, to the first colon: most keys are told from them by that. */
  private readonly baseHeads = new Set<string>()
  private readonly owned = new Set<string>()
  private readonly keyShapes = new KeyShapes()
  private readonly byType: ReadonlyMap<string, Layout>
  private readonly unclaimed = new Map<Layout, Set<string>>()
  private unclaimedCount = 0
  private readonly perShape = new Map<string, number>()
  private askedMs = 0

  constructor(private readonly sorting: Sorting) {
    for (const queue of sorting.known) {
      this.told.add(queueKey(queue.address))
      this.own(queue)
    }
    this.byType = new Map(
      sorting.families.flatMap(({ layout, keys }) => (keys.unclaimed ? [[keys.unclaimed, layout] as const] : [])),
    )
  }

  /** Answers how long it waited for the server, milliseconds. */
  async take(keys: readonly string[], master: Redis | RedisClient): Promise<number> {
    this.askedMs = 0
    this.seen += keys.length
    const { prefixes } = this.sorting
    const wanted =
      prefixes.length === 0 ? keys : keys.filter((key) => prefixes.some((prefix) => key.startsWith(prefix)))
    const sighted: { readonly key: string; readonly sightings: readonly Sighting[] }[] = []
    const strangers: string[] = []
    for (const key of wanted) {
      const sightings = this.sight(key)
      if (sightings === 'mine') continue
      if (sightings.length > 0) sighted.push({ key, sightings })
      else strangers.push(key)
    }
    await this.judge(sighted.flatMap(({ sightings }) => sightings))
    for (const { key, sightings } of sighted)
      if (!sightings.some((sighting) => this.isProved(sighting))) strangers.push(key)
    if (this.byType.size > 0) await this.sortByType(strangers, master)
    return this.askedMs
  }

  /** What is left of a type is told once it is known whose keys they are not. */
  async finish(): Promise<void> {
    for (const { layout, keys: family } of this.sorting.families) {
      const own = [...(this.unclaimed.get(layout) ?? [])].filter((key) => !this.isOwned(key))
      await this.prove(family, own)
    }
  }

  /** In words, what was left out for being too much. */
  bounds(): readonly string[] {
    const full = [...this.perShape].flatMap(([shape, count]) => (count >= mostPerShape ? [`“${visible(shape)}”`] : []))
    const isFull = this.unclaimedCount >= mostUnclaimed
    if (!isFull && full.length === 0) return []
    const alike = `${most(mostPerShape)} of one kind of name${full.length === 0 ? '' : `, and there may be more of ${full.join(' and ')}`}`
    return [
      `Of lists and streams that no known library owns, at most ${most(mostUnclaimed)} are shown, and ${alike}. Say in the environment what the names of those begin with that are queues.`,
    ]
  }

  private sight(key: string): readonly Sighting[] | 'mine' {
    const sightings: Sighting[] = []
    for (const { layout, keys: family } of this.sorting.families) {
      const sighting = family.sight(key)
      if (sighting === 'mine') return 'mine'
      // Two families may read one name: evidence decides, so each is asked.
      if (sighting) sightings.push({ layout, candidate: sighting.candidate })
    }
    return sightings
  }

  private async judge(sightings: readonly Sighting[]): Promise<void> {
    if (sightings.length === 0) return
    for (const { layout, keys: family } of this.sorting.families) {
      const judged = this.judged.get(layout) ?? new Map<string, boolean>()
      this.judged.set(layout, judged)
      const shapes = this.candidateShapes.get(layout) ?? new KeyShapes()
      this.candidateShapes.set(layout, shapes)
      const fresh = new Set<string>()
      for (const { layout: its, candidate } of sightings)
        if (its === layout && !judged.has(candidate) && !fresh.has(candidate) && shapes.isWorthAsking(candidate))
          fresh.add(candidate)
      const candidates = [...fresh]
      const proofs = await this.prove(family, candidates)
      for (const [index, candidate] of candidates.entries()) {
        const isProved = (proofs[index]?.length ?? 0) > 0
        judged.set(candidate, isProved)
        shapes.learn(candidate, isProved)
      }
    }
  }

  private isProved({ layout, candidate }: Sighting): boolean {
    return this.judged.get(layout)?.get(candidate) === true
  }

  private async prove(family: KeyFamily, candidates: readonly string[]): Promise<readonly (readonly Found[])[]> {
    const proofs: (readonly Found[])[] = []
    for (let at = 0; at < candidates.length; at += provedPerCall) {
      if (this.sorting.signal.aborted) return proofs
      proofs.push(...(await this.asking(family.prove(candidates.slice(at, at + provedPerCall)))))
    }
    for (const queue of proofs.flat()) {
      this.own(queue)
      const key = queueKey(queue.address)
      if (this.told.has(key)) continue
      this.told.add(key)
      this.sorting.found(queue)
    }
    return proofs
  }

  private async sortByType(keys: readonly string[], master: Redis | RedisClient): Promise<void> {
    if (this.unclaimedCount >= mostUnclaimed) return
    const asked = keys.filter(
      (key) => !this.isOwned(key) && this.keyShapes.isWorthAsking(key) && !this.hasEnoughOf(shapeOf(key)),
    )
    for (let at = 0; at < asked.length; at += provedPerCall) {
      if (this.sorting.signal.aborted) return
      const some = asked.slice(at, at + provedPerCall)
      const types = await this.asking(typesOf(master, some))
      some.forEach((key, index) => {
        const layout = this.byType.get(types[index] ?? '')
        this.keyShapes.learn(key, layout !== undefined)
        if (layout) this.keep(layout, key)
      })
    }
  }

  private async asking<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const { clock } = this.sorting
    const began = clock.elapsed()
    try {
      return await answer
    } finally {
      this.askedMs += clock.elapsed() - began
    }
  }

  private keep(layout: Layout, key: string): void {
    const keys = this.unclaimed.get(layout) ?? new Set<string>()
    this.unclaimed.set(layout, keys)
    const shape = shapeOf(key)
    if (this.unclaimedCount >= mostUnclaimed || this.hasEnoughOf(shape) || keys.has(key)) return
    keys.add(key)
    this.unclaimedCount += 1
    this.perShape.set(shape, (this.perShape.get(shape) ?? 0) + 1)
  }

  private hasEnoughOf(shape: string): boolean {
    return (this.perShape.get(shape) ?? 0) >= mostPerShape
  }

  private own({ keyBase, ownKeys = [] }: Found): void {
    if (keyBase) {
      this.bases.add(keyBase)
      this.baseHeads.add(headOf(keyBase))
    }
    for (const key of ownKeys) this.owned.add(key)
  }

  private isOwned(key: string): boolean {
    if (this.owned.has(key)) return true
    if (!this.baseHeads.has(headOf(key))) return false
    for (let colon = key.indexOf(':'); colon >= 0; colon = key.indexOf(':', colon + 1))
      if (this.bases.has(key.slice(0, colon + 1))) return true
    return false
  }
}

const most = (count: number): string => count.toLocaleString('en-US')

const headOf = (key: string): string => key.slice(0, key.indexOf(':') + 1)

/** ARGV: keys. Answers what each holds. */
const typeEach = script(`
local call, out = redis.call, {}
for index = 1, #ARGV do out[index] = call('TYPE', ARGV[index]).ok end
return out
`)

/** Redis's words for what keys hold; "" where this user may not ask. One call where scripts are to be had. */
async function typesOf(master: Redis | RedisClient, keys: readonly string[]): Promise<readonly string[]> {
  try {
    const types = await runReadOnlyScript(master, typeEach, [], keys)
    if (Array.isArray(types)) return types.map(String)
  } catch (error) {
    // Refused for one of the keys, or altogether; a connection that is gone says so below.
    if (!(error instanceof Error)) throw error
  }
  const pipeline = master.pipeline()
  for (const key of keys) pipeline.type(key)
  const answers = await pipeline.exec().catch((error: unknown) => {
    throw redisFailure(error, 'Redis')
  })
  if (!answers) throw redisFailure(new Error('Connection is closed.'), 'Redis')
  return answers.map(([error, type]) => (error ? '' : String(type)))
}
