import { readFile } from 'node:fs/promises'
import { Failure } from '@shared/failure'
import type { EnvironmentInput } from '@shared/model/environment'
import { hostsOf } from '@shared/model/tier'
import { pause, systemClock } from '../runtime/clock'
import { BullmqAdapter } from './adapters/bullmq/adapter'
import { type RedisClient, type RedisTarget, redisClient } from './clients/redis'
import { redisFailure } from './clients/redis-failure'
import { surveyRedis } from './clients/redis-survey'
import { RedisReader } from './drivers/redis/reader'
import type { Remedies } from './remedies'

/** One open way to a broker: everything that can be read or mended through it, until it is lost or closed. */
export interface Connection {
  /** "Redis 7.0.15". */
  readonly server: string
  /** Endpoint, database and run id. */
  readonly identity: string
  readonly notices: readonly string[]
  readonly layouts: readonly Remedies[]
  onLost(listener: (trouble: Failure) => void): void
  close(): Promise<void>
}

/** Connecting, signing in and the survey together. Milliseconds. */
const openWithinMs = 8_000

/** Connects, or throws a Failure that says what a person can do. It does not reconnect: sessions open a new one. */
export async function openConnection(
  environment: Omit<EnvironmentInput, 'password'>,
  password: string | null,
): Promise<Connection> {
  const target = await targetOf(environment, password)
  const where = whereOf(environment)
  const client = redisClient(target, { retryStrategy: () => null, sentinelRetryStrategy: () => null })
  const errors = lastError(client)
  try {
    const survey = await withDeadline(
      client.connect().then(() => surveyRedis(client)),
      where,
    )
    const layouts = [new RedisReader(client), new BullmqAdapter(client)]
    return {
      server: survey.server,
      identity: `${where}/${environment.database} ${survey.runId}`,
      notices: survey.notices,
      layouts,
      onLost: (listener) => {
        client.once('close', () => listener(redisFailure(errors.last ?? new Error('Connection is closed.'), where)))
      },
      async close() {
        client.removeAllListeners('close')
        client.disconnect()
      },
    }
  } catch (error) {
    client.disconnect()
    // connect() itself rejects with "Connection is closed."; what happened was told by the 'error' event before.
    throw redisFailure(errors.last ?? error, where)
  }
}

export function whereOf({ topology }: Pick<EnvironmentInput, 'topology'>): string {
  return topology.kind === 'single' ? `${topology.host}:${topology.port}` : hostsOf(topology).join(', ')
}

export async function targetOf(
  environment: Omit<EnvironmentInput, 'password'>,
  password: string | null,
): Promise<RedisTarget> {
  const { topology, database, username, tls } = environment
  return {
    topology,
    database,
    username,
    password,
    tls: tls.enabled ? { ca: await readAuthority(tls.caFile), verify: tls.verify } : null,
  }
}

async function readAuthority(path: string | null): Promise<string | null> {
  if (path === null) return null
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new Failure(
      { code: 'tls', message: `The authority’s file ${path} cannot be read.`, hint: 'Check the path.', subject: path },
      { cause: error },
    )
  }
}

/** A server that accepts and then says nothing would be waited for without end. */
async function withDeadline<T>(opening: Promise<T>, where: string): Promise<T> {
  const decided = new AbortController()
  const late = pause(systemClock, openWithinMs, decided.signal).then(() => {
    throw new Failure({
      code: 'timeout',
      message: `${where} does not answer.`,
      hint: 'Check the address and the firewall between.',
    })
  })
  late.catch(() => {})
  try {
    return await Promise.race([opening, late])
  } finally {
    decided.abort()
    opening.catch(() => {})
  }
}

function lastError(client: RedisClient): { readonly last: Error | undefined } {
  const seen: { last: Error | undefined } = { last: undefined }
  client.on('error', (error: Error) => {
    seen.last = error
  })
  return seen
}
