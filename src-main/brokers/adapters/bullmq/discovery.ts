import { Failure } from '@shared/failure'
import type { QueueAddress } from '@shared/model/queue'
import { Cluster, type Redis } from 'ioredis'
import { type Clock, pause } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import type { Found } from '../../reader'
import { askAll, failureOf, listOf, textOf } from './asking'
import { addressOfMeta, defaultPrefix, globLiteral, keysOf } from './keys'

export interface DiscoveryScope {
  /** Only queues under these prefixes; undefined: any. */
  readonly prefixes: readonly string[] | undefined
  /** Looked up by name before the key space is walked: they are found even where SCAN is denied. */
  readonly queues: readonly QueueAddress[]
}

/** Keys that one SCAN call looks at: 0.8 ms of the server's time (measured in 5 million keys). */
const scanCount = 1_000

/** Between two calls others get four times the call's own time, at most 10 ms. */
const restAfter = (callMs: number) => Math.min(10, callMs * 4)

/**
 * Finds BullMQ's meta hashes by a paced SCAN of every master. A key named `...:meta` counts when it is a hash with
 * `opts.maxLenEvents` or a BullMQ `version`; that tells it from Bull's and from strangers'.
 */
export async function discover(
  redis: RedisClient,
  {
    scope,
    found,
    signal,
    clock,
  }: { scope: DiscoveryScope; found: (queue: Found) => void; signal: AbortSignal; clock: Clock },
): Promise<void> {
  const seen = new Set<string>()
  const report = async (metaKeys: readonly string[], node: RedisClient) => {
    const fresh = metaKeys.filter((key) => !seen.has(key))
    for (const key of fresh) seen.add(key)
    for (const queue of await provenQueues(node, fresh, scope)) found(queue)
  }
  for (const queue of scope.queues) await report([keysOf(queue).meta], redis)
  for (const master of redis instanceof Cluster ? redis.nodes('master') : [redis]) {
    for (const pattern of patternsOf(scope)) {
      await scanMaster(master, { pattern, signal, clock, keys: (keys) => report(keys, master) })
    }
  }
}

const patternsOf = ({ prefixes }: DiscoveryScope): readonly string[] =>
  prefixes?.map((prefix) => `${globLiteral(prefix)}:*:meta`) ?? ['*:meta']

async function scanMaster(
  master: Redis | RedisClient,
  walk: { pattern: string; signal: AbortSignal; clock: Clock; keys: (keys: readonly string[]) => Promise<void> },
): Promise<void> {
  let cursor = '0'
  do {
    if (walk.signal.aborted) return
    const began = walk.clock.elapsed()
    const [next, keys] = listOf(
      await master.callBuffer('SCAN', cursor, 'MATCH', walk.pattern, 'COUNT', scanCount).catch((error: unknown) => {
        const failure = failureOf(error, 'the key space', 'SCAN')
        if (failure.code !== 'denied') throw failure
        throw new Failure(
          {
            ...failure.view(),
            message: "this connection's user may not run SCAN, so queues cannot be found by looking",
            hint: "Allow +scan in the server's ACL, or name the queues to watch.",
          },
          { cause: error },
        )
      }),
    )
    cursor = textOf(next) ?? '0'
    await walk.keys(listOf(keys).flatMap((key) => textOf(key) ?? []))
    if (cursor !== '0') await pause(walk.clock, restAfter(walk.clock.elapsed() - began), walk.signal)
  } while (cursor !== '0')
}

async function provenQueues(
  node: RedisClient,
  metaKeys: readonly string[],
  scope: DiscoveryScope,
): Promise<readonly Found[]> {
  const known = [...(scope.prefixes ?? []), ...scope.queues.map((queue) => queue.prefix), defaultPrefix]
  const asked = metaKeys.map((key) => ['HMGET', key, 'opts.maxLenEvents', 'version'] as const)
  // One by one on a cluster: these keys stand in many slots.
  const answers =
    node instanceof Cluster
      ? (await Promise.all(asked.map((command) => askAll(node, [command])))).flat()
      : await askAll(node, asked)
  return answers.flatMap((answer, index) => {
    // A key of another type, or out of bounds for this user, is no queue that could be shown.
    if (!answer.ok) return []
    const [maxLenEvents, version] = listOf(answer.value).map(textOf)
    const address = addressOfMeta(metaKeys[index]!, known)
    if (!address || (maxLenEvents === null && !version?.startsWith('bullmq'))) return []
    return [{ address, product: productOf(version ?? null) }]
  })
}

/** "BullMQ 6.7.0" from meta.version's "bullmq:6.7.0"; queues that only flows have added to carry none. */
export function productOf(version: string | null): string {
  const [name, number] = version?.split(':') ?? []
  if (!number) return 'BullMQ, version unknown'
  return name === 'bullmq-pro' ? `BullMQ Pro ${number}` : `BullMQ ${number}`
}
