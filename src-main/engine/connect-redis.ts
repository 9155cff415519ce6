import { Failure } from '@shared/failure'
import { type RedisClient, type RedisTarget, redisClient } from '../brokers/clients/redis'
import { redisFailure } from '../brokers/clients/redis-failure'
import { type Clock, pause } from '../runtime/clock'
import { type Durability, durabilityInWords, readDurability, refuseEviction } from './durability'
import { MasterGuard } from './master-guard'
import { whereOf } from './redis-address'

export interface ConnectedRedis {
  readonly redis: RedisClient
  /** undefined for a Cluster, whose clients find masters by themselves. */
  readonly guard: MasterGuard | undefined
  readonly durability: Durability
}

interface ConnectOptions {
  readonly allowEviction: boolean
  /** A client of Sentinels, or of a Cluster, would try without end. */
  readonly connectTimeoutMs: number
  readonly clock: Clock
}

/** Connects, or throws a Failure that says why not. */
export async function connectRedis(
  target: RedisTarget,
  { allowEviction, connectTimeoutMs, clock }: ConnectOptions,
): Promise<ConnectedRedis> {
  const redis = redisClient(target)
  const where = whereOf(target)
  // ioredis rejects with "Connection is closed" and tells the reason only here.
  let last: unknown
  redis.on('error', (error: unknown) => {
    last = error
  })
  const guard = target.topology.kind === 'cluster' ? undefined : new MasterGuard({ redis, where, clock })
  try {
    if (!(await connectsWithin(connectTimeoutMs, redis, clock))) throw last ?? silence(where)
    await guard?.ask()
    const facts = await readDurability(redis)
    if (!allowEviction) refuseEviction(facts)
    return { redis, guard, durability: { facts, words: durabilityInWords(facts) } }
  } catch (error) {
    guard?.stop()
    redis.disconnect()
    throw explained(/Connection is closed/i.test(String(error)) ? (last ?? error) : error, where)
  }
}

async function connectsWithin(ms: number, redis: RedisClient, clock: Clock): Promise<boolean> {
  const over = new AbortController()
  const connecting = redis.connect().then(() => true)
  // Told of below, where it comes in time.
  connecting.catch(() => {})
  try {
    return await Promise.race([connecting, pause(clock, ms, over.signal).then(() => false)])
  } finally {
    over.abort()
  }
}

const silence = (where: string): Failure =>
  new Failure({
    code: 'timeout',
    message: `${where} does not answer.`,
    hint: 'Check the addresses and the firewall between; nodes of a Cluster must announce addresses that can be reached from here.',
  })

function explained(error: unknown, where: string): Failure {
  if (error instanceof Error && /startup nodes/i.test(error.message))
    return new Failure(
      { code: 'unreachable', message: `No node of the Cluster ${where} answers.`, hint: 'Check their addresses.' },
      { cause: error },
    )
  return redisFailure(error, where)
}
