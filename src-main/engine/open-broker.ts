import { type RedisClient, type RedisTarget, redisClient } from '../brokers/clients/redis'
import { redisFailure } from '../brokers/clients/redis-failure'
import type { Driver } from '../brokers/driver'
import { RedisDriver } from '../brokers/drivers/redis/driver'
import type { Clock } from '../runtime/clock'
import { type Durability, durabilityInWords, readDurability, refuseEviction } from './durability'
import { MasterGuard } from './master-guard'
import { type RedisAddress, targetOf, whereOf } from './redis-address'

/** Where messages are kept. */
export type BrokerAddress = {
  readonly redis: RedisAddress
  /** Before every key; default "qe". */
  readonly prefix?: string
  /** Open also on a server that throws keys away when its memory is full. */
  readonly allowEviction?: boolean
}

/** A broker that answered. */
export interface OpenBroker {
  readonly driver: Driver
  /** null: this kind of broker has no such settings. */
  readonly durability: Durability | null
  /** Throws while it must not be written to. */
  mayWrite(): void
  close(): Promise<void>
}

interface Shared {
  readonly clock: Clock
  /** Attempts of a message that has no limit of its own, per queue. */
  readonly maxAttempts: (queue: string) => number
}

export async function openBroker(address: BrokerAddress, shared: Shared): Promise<OpenBroker> {
  return openRedis(address, shared)
}

async function openRedis(address: BrokerAddress, { clock, maxAttempts }: Shared): Promise<OpenBroker> {
  const target = targetOf(address.redis)
  const { redis, guard, durability } = await connect(target, address.allowEviction ?? false, clock)
  const driver = new RedisDriver({
    redis,
    connectAnother: () => redisClient(target),
    ...(address.prefix === undefined ? {} : { prefix: address.prefix }),
    maxAttempts,
  })
  return {
    driver,
    durability,
    mayWrite: guard?.mayWrite ?? (() => {}),
    async close() {
      guard?.stop()
      await driver.close()
      redis.disconnect()
    },
  }
}

/** Connects, or throws a Failure that says why not. A Cluster's clients find masters by themselves. */
async function connect(
  target: RedisTarget,
  allowEviction: boolean,
  clock: Clock,
): Promise<{ readonly redis: RedisClient; readonly guard: MasterGuard | undefined; readonly durability: Durability }> {
  const redis = redisClient(target)
  const where = whereOf(target)
  // ioredis rejects with "Connection is closed" and tells the reason only here.
  let last: unknown
  redis.on('error', (error: unknown) => {
    last = error
  })
  const guard = target.topology.kind === 'cluster' ? undefined : new MasterGuard({ redis, where, clock })
  try {
    await redis.connect()
    await guard?.ask()
    const facts = await readDurability(redis)
    if (!allowEviction) refuseEviction(facts)
    return { redis, guard, durability: { facts, words: durabilityInWords(facts) } }
  } catch (error) {
    guard?.stop()
    redis.disconnect()
    throw redisFailure(isClosed(error) ? (last ?? error) : error, where)
  }
}

const isClosed = (error: unknown): boolean => error instanceof Error && /Connection is closed/i.test(error.message)
