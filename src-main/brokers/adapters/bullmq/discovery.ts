import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import type { Found, KeyFamily } from '../../reader'
import { askTogether } from '../asking-together'
import { defaultBullPrefix } from '../prefixed-name'
import { listOf, textOf } from '../redis-asking'
import { addressOfMeta, baseOf, keysOf } from './keys'

export interface DiscoveryScope {
  /** Tells where prefix and name part in a key, where it is not the last colon. */
  readonly prefixes: readonly string[] | undefined
  /** Looked up by name before the key space is walked: they are found even where SCAN is denied. */
  readonly queues: readonly QueueAddress[]
}

/** What stands beside the jobs of a queue; each leads to the meta hash, which is the evidence. */
const telltales = [
  ':meta',
  ':wait',
  ':active',
  ':paused',
  ':delayed',
  ':prioritized',
  ':completed',
  ':failed',
  ':waiting-children',
  ':events',
  ':marker',
  ':stalled',
  ':id',
]

/**
 * BullMQ's queues by the names of their keys. A key named `...:meta` is evidence when it is a hash with `opts.maxLenEvents` or a
 * BullMQ `version`: that tells it from Bull's and from strangers'.
 */
export const bullmqKeyFamily = (redis: RedisClient, scope: DiscoveryScope): KeyFamily => ({
  sight(key) {
    const suffix = telltales.find((each) => key.endsWith(each))
    return suffix && key.length > suffix.length ? { candidate: key.slice(0, -suffix.length) } : null
  },
  prove: (candidates) =>
    prove(
      redis,
      candidates.map((base) => `${base}:meta`),
      scope,
    ),
})

export async function findNamed(
  redis: RedisClient,
  scope: DiscoveryScope,
  found: (queue: Found) => void,
): Promise<void> {
  const proofs = await prove(
    redis,
    scope.queues.map((queue) => keysOf(queue).meta),
    scope,
  )
  for (const queue of proofs.flat()) found(queue)
}

async function prove(
  redis: RedisClient,
  metaKeys: readonly string[],
  scope: DiscoveryScope,
): Promise<readonly (readonly Found[])[]> {
  const known = [...(scope.prefixes ?? []), ...scope.queues.map((queue) => queue.prefix), defaultBullPrefix]
  const asked = metaKeys.map((key) => ['HMGET', key, 'opts.maxLenEvents', 'version'] as const)
  const answers = await askTogether(redis, asked)
  return answers.map((answer, index): readonly Found[] => {
    // A key of another type, or out of bounds for this user, is no queue that could be shown.
    if (!answer.ok) return []
    const [maxLenEvents, version] = listOf(answer.value).map(textOf)
    const address = addressOfMeta(metaKeys[index]!, known)
    if (!address || (maxLenEvents === null && !version?.startsWith('bullmq'))) return []
    return [{ address, product: productOf(version ?? null), keyBase: baseOf(address) }]
  })
}

/** "BullMQ 6.7.0" from meta.version's "bullmq:6.7.0"; queues that only flows have added to carry none. */
export function productOf(version: string | null): string {
  const [name, number] = version?.split(':') ?? []
  if (!number) return 'BullMQ, version unknown'
  return name === 'bullmq-pro' ? `BullMQ Pro ${number}` : `BullMQ ${number}`
}
