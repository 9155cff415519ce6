import { redisClient } from '../brokers/clients/redis'
import type { Driver } from '../brokers/driver'
import { RedisDriver } from '../brokers/drivers/redis/driver'
import { RedisStreamsDriver } from '../brokers/drivers/redis-streams/driver'
import type { Clock } from '../runtime/clock'
import { connectRedis } from './connect-redis'
import type { Durability } from './durability'
import { EventBus } from './event-bus'
import type { Events, EventsOptions } from './events'
import { openSqs } from './open-sqs'
import { type RedisAddress, targetOf } from './redis-address'
import type { SqsBroker } from './sqs-address'

/** Where messages are kept. */
export type BrokerAddress = RedisBroker | RedisStreamsBroker | SqsBroker

interface OnRedis {
  /** Before every key; default "qe", for streams "qs". */
  readonly prefix?: string
  /** Open also on a server that throws keys away when its memory is full. */
  readonly allowEviction?: boolean
  /** How long to try to connect when the engine is opened; default 10 s. Later it tries for as long as it lives. */
  readonly connectTimeoutMs?: number
}

/** The engine's own layout: every ability but groups of consumers, and the fastest. */
export interface RedisBroker extends OnRedis {
  readonly redis: RedisAddress
}

/** A stream per queue: for who produces with XADD, or wants each of several groups of consumers to get every message. */
export interface RedisStreamsBroker extends OnRedis {
  readonly redisStreams: RedisAddress
  /** The group of consumers that this engine works for; default "engine". */
  readonly group?: string
  /** A stream that others own and produce into, per queue. Default: one of the engine's under the prefix. */
  readonly streamKey?: (queue: string) => string
  /** The field that holds the body; default "body". An entry without it gets all its fields as JSON. */
  readonly bodyField?: string
  /** Whether an entry is deleted when all groups are through with it. Default: in the engine's streams yes, in those of others no. */
  readonly afterAck?: 'delete' | 'keep'
  /** A plain consumer of this group that holds a message for longer without an ack has lost it. Default: a minute. */
  readonly adoptAfterMs?: number
}

/** A broker that answered. */
export interface OpenBroker {
  readonly driver: Driver
  /** null: this kind of broker has no such settings. */
  readonly durability: Durability | null
  /** undefined: this kind of broker carries no events. */
  readonly openEvents: ((options: EventsOptions) => Events) | undefined
  /** Throws while it must not be written to. */
  mayWrite(): void
  close(): Promise<void>
}

interface Shared {
  readonly clock: Clock
  /** Attempts of a message that has no limit of its own, per queue. */
  readonly maxAttempts: (queue: string) => number
  /** Trouble that no caller waits for. */
  readonly onError: (error: unknown) => void
}

export async function openBroker(address: BrokerAddress, shared: Shared): Promise<OpenBroker> {
  if (!('sqs' in address)) return openOnRedis(address, shared)
  const driver = await openSqs(address, shared)
  return { driver, durability: null, openEvents: undefined, mayWrite: () => {}, close: () => driver.close() }
}

async function openOnRedis(
  address: RedisBroker | RedisStreamsBroker,
  { clock, maxAttempts, onError }: Shared,
): Promise<OpenBroker> {
  const { prefix, allowEviction = false, connectTimeoutMs = 10_000 } = address
  const target = targetOf('redis' in address ? address.redis : address.redisStreams)
  const { redis, guard, durability } = await connectRedis(target, { allowEviction, connectTimeoutMs, clock })
  const connectAnother = () => redisClient(target)
  const shared = { redis, connectAnother, prefix, maxAttempts }
  const driver = 'redis' in address ? new RedisDriver(shared) : new RedisStreamsDriver({ ...address, ...shared })
  return {
    driver,
    durability,
    openEvents: (options) => new EventBus({ ...options, redis, connectAnother, clock, onError }),
    mayWrite: guard?.mayWrite ?? (() => {}),
    async close() {
      guard?.stop()
      await driver.close()
      redis.disconnect()
    },
  }
}
