import type { RedisProfile } from '@shared/model/environment'
import { shippedDeclarations } from '@shared/model/shipped-declarations'
import { placeOf } from '@shared/model/tier'
import { systemClock } from '../runtime/clock'
import { AsynqAdapter } from './adapters/asynq/adapter'
import { BeeAdapter } from './adapters/bee/adapter'
import { BullAdapter } from './adapters/bull/adapter'
import { BullmqAdapter } from './adapters/bullmq/adapter'
import { CeleryAdapter } from './adapters/celery/adapter'
import { tailChannel } from './adapters/channel-tail'
import { DeclaredAdapter } from './adapters/declared/adapter'
import { ListAdapter } from './adapters/list/adapter'
import { ResqueAdapter } from './adapters/resque/adapter'
import { RqAdapter } from './adapters/rq/adapter'
import { SidekiqAdapter } from './adapters/sidekiq/adapter'
import { StreamAdapter } from './adapters/stream/adapter'
import { clusterTrouble } from './clients/cluster-probe'
import { type RedisClient, type RedisTarget, redisClient } from './clients/redis'
import { redisFailure } from './clients/redis-failure'
import { surveyRedis } from './clients/redis-survey'
import type { Connection } from './connection'
import { RedisReader } from './drivers/redis/reader'
import { redisFinder } from './finder'
import { readAuthority, withinDeadline } from './opening'
import type { Remedies } from './remedies'

/** Connects and surveys, or throws a Failure that says what a person can do. It does not reconnect: sessions open a new one. */
export async function openRedis(profile: RedisProfile, password: string | null): Promise<Connection> {
  const target = await targetOf(profile, password)
  const where = placeOf(profile)
  const client = redisClient(target, {
    // For whoever looks at CLIENT LIST over there.
    connectionName: 'queuescope',
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
  })
  const errors = lastError(client)
  try {
    const survey = await withinDeadline(
      client.connect().then(() => surveyRedis(client)),
      where,
    )
    const layouts = redisLayouts(client, profile)
    return {
      server: survey.server,
      identity: `${where}/${profile.database} ${survey.runId}`,
      notices: survey.notices,
      layouts,
      finder: redisFinder(client, layouts, { clock: systemClock, prefixes: profile.prefixes ?? [] }),
      tailChannel: (channel, signal) => tailChannel(client, channel, signal),
      onLost: (listener) => {
        client.once('close', () => listener(redisFailure(errors.last ?? new Error('Connection is closed.'), where)))
      },
      async close() {
        for (const layout of layouts) await layout.close?.()
        client.removeAllListeners('close')
        client.disconnect()
      },
    }
  } catch (error) {
    client.disconnect()
    // connect() itself rejects with "Connection is closed."; what happened was told by the 'error' event before.
    throw (await clusterTrouble(target)) ?? redisFailure(errors.last ?? error, where)
  }
}

/** Every layout that may share one Redis, each with its own eyes on the same connection. */
const redisLayouts = (client: RedisClient, { declarations = [] }: RedisProfile): readonly Remedies[] => [
  new RedisReader(client),
  new BullmqAdapter(client),
  new BullAdapter(client),
  new BeeAdapter(client),
  new SidekiqAdapter(client),
  new ResqueAdapter(client),
  new RqAdapter(client),
  new CeleryAdapter(client),
  new AsynqAdapter(client),
  new DeclaredAdapter(client, [...declarations, ...shippedDeclarations]),
  new StreamAdapter(client),
  new ListAdapter(client),
]

export async function targetOf(profile: RedisProfile, password: string | null): Promise<RedisTarget> {
  const { topology, database, username, tls } = profile
  return {
    topology,
    database,
    username,
    password,
    tls: tls.enabled ? { ca: await readAuthority(tls.caFile), verify: tls.verify } : null,
  }
}

function lastError(client: RedisClient): { readonly last: Error | undefined } {
  const seen: { last: Error | undefined } = { last: undefined }
  client.on('error', (error: Error) => {
    seen.last = error
  })
  return seen
}
