import type { RedisTopology } from '@shared/model/environment'
import { Cluster, Redis, type RedisOptions } from 'ioredis'

/** Either kind of ioredis client; both take the commands that drivers and adapters use. */
export type RedisClient = Redis | Cluster

/** Where and as whom to connect. The password is here and in ioredis, and nowhere else. */
export interface RedisTarget {
  readonly topology: RedisTopology
  readonly database: number
  readonly username: string | null
  readonly password: string | null
  readonly tls: { readonly ca: string | null; readonly verify: boolean } | null
}

export const loopback = (port: number): RedisTarget => ({
  topology: { kind: 'single', host: '127.0.0.1', port },
  database: 0,
  username: null,
  password: null,
  tls: null,
})

/**
 * A client that is not connected yet. It never resends a command whose outcome is unknown and queues nothing while
 * the server is away: a command given then fails at once, and a destructive one can never run later by surprise.
 * It reconnects by itself after 0.25 s, 0.5 s, ... 5 s.
 */
export function redisClient(target: RedisTarget, overrides: RedisOptions = {}): RedisClient {
  const common: RedisOptions = {
    lazyConnect: true,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    enableReadyCheck: true,
    maxRetriesPerRequest: 0,
    connectTimeout: 5_000,
    keepAlive: 10_000,
    retryStrategy: (times) => Math.min(250 * 2 ** (times - 1), 5_000),
    reconnectOnError: null,
    db: target.database,
    ...(target.username === null ? {} : { username: target.username }),
    ...(target.password === null ? {} : { password: target.password }),
    ...(target.tls
      ? { tls: { rejectUnauthorized: target.tls.verify, ...(target.tls.ca ? { ca: target.tls.ca } : {}) } }
      : {}),
    ...overrides,
  }
  const { topology } = target
  const client = create(topology, common)
  // ioredis prints unhandled 'error' events; sessions listen for themselves and keep the last one for the diagnosis.
  client.on('error', () => {})
  return client
}

function create(topology: RedisTopology, common: RedisOptions): RedisClient {
  switch (topology.kind) {
    case 'single':
      return new Redis({ ...common, host: topology.host, port: topology.port })
    case 'sentinel':
      return new Redis({
        ...common,
        sentinels: [...topology.sentinels],
        name: topology.masterName,
        // Without it ioredis goes on writing to a demoted master after a failover.
        failoverDetector: true,
        ...(common.tls ? { sentinelTLS: common.tls, enableTLSForSentinelMode: true } : {}),
      })
    case 'cluster': {
      const { db: _db, retryStrategy: _retry, lazyConnect: _lazy, enableOfflineQueue: _queue, ...redisOptions } = common
      return new Cluster([...topology.nodes], { lazyConnect: true, enableOfflineQueue: false, redisOptions })
    }
  }
}
