import type { Worker, WorkerReport } from '@shared/model/worker'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { askAll, brokerTime, type Command, listOf, mapOf, numberOf, textOf } from '../redis-asking'
import { groupsOf } from '../stream-facts'

const mostWorkers = 1_000
/** One that holds entries and has not asked for anything so long may be gone; Redis keeps no heartbeat. */
const doubtfulMs = 3_600_000

/** The consumers of all groups of these streams, as far as they ever asked for an entry. */
export async function streamWorkers(
  redis: RedisClient,
  { keys, isCut, clock }: { readonly keys: readonly string[]; readonly isCut: boolean; readonly clock: Clock },
): Promise<WorkerReport> {
  const groupAnswers = await askAll(
    redis,
    keys.map((key): Command => ['XINFO', 'GROUPS', key]),
  )
  const groups = keys.flatMap((key, index) => {
    const answer = groupAnswers[index]!
    return answer.ok ? groupsOf(answer.value).map(({ name }) => ({ key, name })) : []
  })
  const [now, answers] = await Promise.all([
    brokerTime(redis, clock),
    askAll(
      redis,
      groups.map(({ key, name }): Command => ['XINFO', 'CONSUMERS', key, name]),
    ),
  ])
  const workers = groups.flatMap(({ key, name }, index) => {
    const answer = answers[index]!
    return answer.ok ? listOf(answer.value).map((each) => workerOf(mapOf(each), { key, group: name, now })) : []
  })
  return {
    layout: 'stream',
    workers: workers.slice(0, mostWorkers),
    incomplete: isCut
      ? 'Only the consumers of the first 1,000 streams were read, and none that read without a group.'
      : 'Who reads a stream without a group leaves no trace.',
    truncated: workers.length > mostWorkers,
  }
}

function workerOf(
  facts: ReadonlyMap<string, unknown>,
  { key, group, now }: { readonly key: string; readonly group: string; readonly now: number },
): Worker {
  const name = textOf(facts.get('name')) ?? ''
  const pending = numberOf(facts.get('pending')) ?? 0
  const idleMs = numberOf(facts.get('idle'))
  const isDoubtful = idleMs === null || idleMs > doubtfulMs
  return {
    id: `${key} ${group} ${name}`,
    host: null,
    pid: null,
    queues: [key],
    state: isDoubtful ? 'unknown' : pending > 0 ? 'busy' : 'idle',
    startedAt: null,
    heartbeatAt: idleMs === null ? null : now - idleMs,
    concurrency: null,
    holds: [],
    holdsCount: pending,
    note: `consumer ${name} of group ${group}`,
  }
}
