import { Failure } from '@shared/failure'
import type { RedisClient } from '../brokers/clients/redis'

export type Known<Value> = Value | 'unknown'

/** What a Redis server promises to keep. 'unknown': this user may not ask. */
export interface DurabilityFacts {
  /** "Redis 7.0.15", "Valkey 8.1.1". */
  readonly server: Known<string>
  readonly role: Known<'master' | 'replica'>
  readonly appendonly: Known<'yes' | 'no'>
  readonly appendfsync: Known<string>
  /** When snapshots are taken, as in redis.conf; "": never. */
  readonly save: Known<string>
  readonly maxmemoryPolicy: Known<string>
  readonly replicas: Known<number>
  readonly minReplicasToWrite: Known<number>
}

export interface Durability {
  readonly facts: DurabilityFacts
  /** What could be lost, one sentence each. */
  readonly words: readonly string[]
}

/** @internal */
export async function readDurability(redis: RedisClient): Promise<DurabilityFacts> {
  const [info, appendfsync, save, policy, minReplicas] = await Promise.all([
    infoOf(redis),
    setting(redis, 'appendfsync'),
    setting(redis, 'save'),
    setting(redis, 'maxmemory-policy'),
    setting(redis, 'min-replicas-to-write'),
  ])
  const valkey = info.get('valkey_version')
  const version = info.get('redis_version')
  const aof = info.get('aof_enabled')
  const role = info.get('role')
  return {
    server: valkey ? `Valkey ${valkey}` : version ? `Redis ${version}` : 'unknown',
    role: role === undefined ? 'unknown' : role === 'master' ? 'master' : 'replica',
    appendonly: aof === undefined ? 'unknown' : aof === '0' ? 'no' : 'yes',
    appendfsync,
    save,
    maxmemoryPolicy: policy === 'unknown' ? (info.get('maxmemory_policy') ?? 'unknown') : policy,
    replicas: numberOf(info.get('connected_slaves')),
    minReplicasToWrite: numberOf(minReplicas),
  }
}

/** Pure: the same facts give the same words. */
export function durabilityInWords(facts: DurabilityFacts): readonly string[] {
  return [diskInWords(facts), replicasInWords(facts), evictionInWords(facts)].filter((words) => words !== undefined)
}

/** Messages that a server throws away to make room are lost without a trace: no engine runs on such a one by mistake. */
export function refuseEviction({ maxmemoryPolicy, server }: DurabilityFacts): void {
  if (!maxmemoryPolicy.startsWith('allkeys-')) return
  throw new Failure({
    code: 'broker-state',
    message: `${server === 'unknown' ? 'This Redis' : server} evicts any key when its memory is full (maxmemory-policy ${maxmemoryPolicy}): it would throw messages away.`,
    hint: 'Set maxmemory-policy to noeviction, or open the engine with allowEviction: true if messages may be lost.',
    subject: 'maxmemory-policy',
  })
}

function diskInWords({ appendonly, appendfsync, save }: DurabilityFacts): string {
  if (appendonly === 'unknown') return 'Whether anything is written to disk is unknown: this user may not run INFO.'
  if (appendonly === 'no') {
    if (save === '') return 'Nothing is written to disk: a restart of the server loses every message.'
    return 'There are snapshots only (appendonly no): a crash loses what changed since the last one.'
  }
  switch (appendfsync) {
    case 'always':
      return 'Every change is on disk before it is answered (appendfsync always): a crash loses nothing that was answered.'
    case 'everysec':
      return 'Changes reach the disk within a second (appendfsync everysec): a crash of the machine loses up to the last second or two.'
    case 'no':
      return 'The system decides when changes reach the disk (appendfsync no): a crash of the machine may lose half a minute.'
    default:
      return 'There is an append-only file; how soon changes reach the disk is unknown: this user may not run CONFIG GET.'
  }
}

function replicasInWords({ replicas, minReplicasToWrite }: DurabilityFacts): string {
  if (replicas === 'unknown') return 'Whether there are replicas is unknown.'
  if (replicas === 0) return 'There is no replica: the messages live and die with this server.'
  const failover = 'a failover loses what the replica had not received'
  return minReplicasToWrite !== 'unknown' && minReplicasToWrite > 0
    ? `Writes are refused without ${minReplicasToWrite} replicas in touch, but are not awaited by them: ${failover}.`
    : `Replicas follow in their own time: ${failover}.`
}

function evictionInWords({ maxmemoryPolicy }: DurabilityFacts): string | undefined {
  if (maxmemoryPolicy === 'noeviction') return undefined
  if (maxmemoryPolicy === 'unknown') return 'Whether keys are evicted when memory is full is unknown.'
  if (maxmemoryPolicy.startsWith('allkeys-'))
    return `Any key may be evicted when memory is full (${maxmemoryPolicy}): messages may be lost without a trace.`
  return `Keys that expire may be evicted when memory is full (${maxmemoryPolicy}): messages do not expire and stay, but what is remembered of duplicates and of work done once may be forgotten early.`
}

async function infoOf(redis: RedisClient): Promise<ReadonlyMap<string, string>> {
  const text = await redis.info().catch(ifDenied(''))
  return new Map(
    String(text)
      .split('\r\n')
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
}

/** One at a time: only Redis 7 takes several names. */
async function setting(redis: RedisClient, name: string): Promise<Known<string>> {
  const answer = await (redis.call('CONFIG', 'GET', name) as Promise<unknown>).catch(ifDenied(undefined))
  if (Array.isArray(answer)) return answer.length >= 2 ? String(answer[1]) : 'unknown'
  // A client that speaks RESP3 answers a map.
  if (typeof answer === 'object' && answer !== null && name in answer)
    return String((answer as Record<string, unknown>)[name])
  return 'unknown'
}

/** Some servers do not have CONFIG at all, and say so in many ways; only a lost connection is trouble. */
const ifDenied =
  <Value>(value: Value) =>
  (error: unknown): Value => {
    if (error instanceof Error && error.name === 'ReplyError') return value
    throw error
  }

const numberOf = (text: string | undefined): Known<number> =>
  text === undefined || text === 'unknown' || !Number.isFinite(Number(text)) ? 'unknown' : Number(text)
