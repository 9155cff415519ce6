import type { RedisClient } from '../../clients/redis'
import type { Found, KeyFamily } from '../../reader'
import { evidenceOf } from '../bull-evidence'
import { defaultBullPrefix, prefixAndName } from '../prefixed-name'

/** What stands beside the jobs of a queue; each leads to the same base. */
const telltales = [
  ':id',
  ':wait',
  ':active',
  ':paused',
  ':meta-paused',
  ':delayed',
  ':completed',
  ':failed',
  ':priority',
  ':stalled-check',
]

/**
 * Bull's queues by the names of their keys. `...:id` must be a string that counts, and one of the places of jobs must be of its
 * type. What BullMQ has made (a version or a length of its events in `meta`, an `events` stream) is BullMQ's, unless something
 * stands there that Bull alone writes: then both work one queue, which is shown under either.
 */
export const bullKeyFamily = (redis: RedisClient, prefixes: readonly string[]): KeyFamily => ({
  sight(key) {
    const suffix = telltales.find((each) => key.endsWith(each))
    return suffix && key.length > suffix.length ? { candidate: key.slice(0, -suffix.length) } : null
  },
  async prove(candidates) {
    const evidence = await evidenceOf(redis, candidates)
    return candidates.map((path, index): readonly Found[] => {
      const address = prefixAndName(path, [...prefixes, defaultBullPrefix])
      const { isBull, isBullmq } = evidence[index]!
      if (!address || !isBull) return []
      const product = isBullmq ? 'Bull, on keys that BullMQ uses too' : 'Bull'
      return [{ address: { layout: 'bull', ...address }, product, keyBase: `${path}:` }]
    })
  },
})
