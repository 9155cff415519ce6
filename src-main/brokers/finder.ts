import { isFailure } from '@shared/failure'
import type { Layout } from '@shared/model/queue'
import type { Clock } from '../runtime/clock'
import type { RedisClient } from './clients/redis'
import { walkKeys } from './key-walk'
import type { Found, Reader } from './reader'

export interface Finding {
  readonly found: (queue: Found) => void
  readonly onProgress?: (keys: number) => void
  readonly signal: AbortSignal
  /** hurried: somebody waits for it. */
  readonly pace: 'hurried' | 'idle'
}

/** What a pass came to: layouts seen to their end, of which what did not turn up is gone; and in words what went wrong, and what was left out. */
export interface FindingReport {
  readonly whole: readonly Layout[]
  readonly troubles: readonly string[]
  readonly bounds: readonly string[]
}

/** Finds the queues of one connection, all its layouts in one pass. */
export interface Finder {
  find(finding: Finding): Promise<FindingReport>
}

/** Asks each reader for what it has in lists; for brokers whose queues all stand in one. */
export const listingFinder = (readers: readonly Reader[]): Finder => ({
  find: (finding) => askEach(readers, finding),
})

/** Registries first, which answer at once, and then one walk over the keys for all layouts together. */
export const redisFinder = (
  redis: RedisClient,
  readers: readonly Reader[],
  { clock, prefixes }: { readonly clock: Clock; readonly prefixes: readonly string[] },
): Finder => ({
  async find(finding) {
    const known: Found[] = []
    const listed = await askEach(readers, {
      ...finding,
      found: (queue) => {
        known.push(queue)
        if (isUnder(prefixes, queue)) finding.found(queue)
      },
    })
    const families = readers.flatMap(({ layout, keys }) => (keys ? [{ layout, keys }] : []))
    if (families.length === 0 || finding.signal.aborted) return listed
    try {
      const { bounds } = await walkKeys(redis, { ...finding, families, clock, prefixes, known })
      return { ...listed, bounds }
    } catch (error) {
      if (!isFailure(error)) throw error
      const walked = families.map(({ layout }) => layout)
      return {
        whole: listed.whole.filter((layout) => !walked.includes(layout)),
        troubles: [...listed.troubles, error.words],
        bounds: [],
      }
    }
  },
})

/** A queue that a registry names is looked at only where its keys are. */
function isUnder(prefixes: readonly string[], { keyBase, ownKeys, address }: Found): boolean {
  if (prefixes.length === 0) return true
  const key = keyBase ?? ownKeys?.[0] ?? address.name
  return prefixes.some((prefix) => key.startsWith(prefix))
}

async function askEach(readers: readonly Reader[], { found, signal }: Finding): Promise<FindingReport> {
  const whole: Layout[] = []
  const troubles: string[] = []
  for (const reader of readers) {
    if (signal.aborted) break
    try {
      await reader.discover(found, signal)
      whole.push(reader.layout)
    } catch (error) {
      troubles.push(isFailure(error) ? error.words : 'Queues could not be looked for.')
    }
  }
  return { whole: signal.aborted ? [] : whole, troubles, bounds: [] }
}
