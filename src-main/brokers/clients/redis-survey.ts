import { type Clock, systemClock } from '../../runtime/clock'
import type { RedisClient } from './redis'
import { clockNotice } from './redis-clock'

/** What is worth knowing of a server at connect: who it is, and what could be lost on it. */
export interface RedisSurvey {
  /** "Redis 7.0.15" or "Valkey 8.1.1". */
  readonly server: string
  /** Changes with every restart; "" when the server does not tell. */
  readonly runId: string
  /** In words: eviction, persistence, permissions, a clock that differs. */
  readonly notices: readonly string[]
}

/** One INFO, one TIME. A user who may not run them still connects, with a notice that says so. */
export async function surveyRedis(
  client: RedisClient,
  clock: Pick<Clock, 'now' | 'elapsed'> = systemClock,
): Promise<RedisSurvey> {
  const skew = await clockNotice(client, clock)
  const told = skew === null ? [] : [skew]
  let text: string
  try {
    text = String(await client.info())
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOPERM')) throw error
    await client.ping().catch(() => {})
    return {
      server: 'Redis',
      runId: '',
      notices: ['This user may not run INFO: version, persistence and cost are unknown.', ...told],
    }
  }
  const facts = new Map(
    text.split('\r\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
  const valkey = facts.get('valkey_version')
  return {
    server: valkey ? `Valkey ${valkey}` : `Redis ${facts.get('redis_version') ?? 'of unknown version'}`,
    runId: facts.get('run_id') ?? '',
    notices: [...noticesOf(facts), ...told],
  }
}

function noticesOf(facts: ReadonlyMap<string, string>): readonly string[] {
  const policy = facts.get('maxmemory_policy')
  const notices: string[] = []
  if (policy && policy !== 'noeviction' && facts.get('maxmemory') !== '0') {
    notices.push(`maxmemory-policy is ${policy}: this server may evict messages when memory runs out.`)
  }
  if (facts.get('aof_enabled') === '0') {
    notices.push('Append-only file is off: a crash loses what was written since the last snapshot.')
  }
  if (facts.get('role') === 'slave') notices.push('This is a replica: it can be watched, not changed.')
  return notices
}
