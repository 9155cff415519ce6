import type { HeldMessage, Worker, WorkerReport } from '@shared/model/worker'
import type { RedisClient } from '../../clients/redis'
import { type Answer, askAll, buffersOf, type Command, explained, listOf, numberOf, textOf } from '../redis-asking'
import { functionOf, timeOf } from './job-fields'
import { jobKeys, jobOfExecution, workerOfKey, workersKey } from './keys'

const mostWorkers = 1_000
const mostHeld = 100

const told = [
  'hostname',
  'pid',
  'queues',
  'state',
  'birth',
  'last_heartbeat',
  'current_job',
  'shutdown_requested_date',
  'version',
  'python_version',
  'successful_job_count',
  'failed_job_count',
] as const
type Told = Readonly<Record<(typeof told)[number], string | null>>

/**
 * Every worker writes itself down when it begins and signs off when it ends: the report is complete wherever it may be read. One that
 * was killed stays in the list until another cleans up; its hash expires about seven minutes after its last heartbeat.
 */
export async function workersOf(redis: RedisClient): Promise<WorkerReport> {
  const { keys, refused } = await workerKeys(redis)
  const read = keys.slice(0, mostWorkers)
  const answers = await askAll(
    redis,
    read.flatMap((key): Command[] => [
      ['HMGET', key, ...told],
      ['SSCAN', `${key}:executions`, 0, 'COUNT', mostHeld],
    ]),
  )
  const seen = read.map((key, index) => ({ key, hash: answers[index * 2]!, executions: answers[index * 2 + 1]! }))
  const holds = await heldBy(
    redis,
    seen.flatMap(({ key, hash, executions }) => jobIdsOf(hash, executions).map((id) => ({ key, id }))),
  )
  const denied = refused ?? seen.map(({ hash }) => hash).find((hash) => !hash.ok)
  return {
    layout: 'rq',
    workers: seen.map(({ key, hash }) => workerOf(key, hash, holds.get(key) ?? [])),
    incomplete: denied && !denied.ok ? (await explained(redis, denied)).message : null,
    truncated: keys.length > mostWorkers,
  }
}

/** "1.13.0": what workers tell of themselves, each version once. */
export async function versionsOf(redis: RedisClient): Promise<readonly string[]> {
  const { keys } = await workerKeys(redis)
  const answers = await askAll(
    redis,
    keys.slice(0, 50).map((key): Command => ['HGET', key, 'version']),
  )
  return [...new Set(answers.flatMap((answer) => (answer.ok ? (textOf(answer.value) ?? []) : [])))].sort()
}

async function workerKeys(
  redis: RedisClient,
): Promise<{ readonly keys: readonly string[]; readonly refused: Answer | null }> {
  const keys = new Set<string>()
  let cursor = '0'
  do {
    const [scan] = await askAll(redis, [['SSCAN', workersKey, cursor, 'COUNT', mostWorkers]])
    if (!scan?.ok) return { keys: [...keys].sort(), refused: scan ?? null }
    const [next, members] = listOf(scan.value)
    for (const member of buffersOf(members)) keys.add(member.toString('utf8'))
    cursor = textOf(next) ?? '0'
  } while (cursor !== '0' && keys.size <= mostWorkers)
  return { keys: [...keys].sort(), refused: null }
}

const fieldsIn = (hash: Answer): Told => {
  const values = hash.ok ? listOf(hash.value).map(textOf) : []
  return Object.fromEntries(told.map((name, index) => [name, values[index] || null])) as unknown as Told
}

/** One job in its hash; in versions after 2.8 a set of ID:EXECUTION beside it. */
function jobIdsOf(hash: Answer, executions: Answer): readonly string[] {
  const members = executions.ok ? buffersOf(listOf(executions.value)[1]) : []
  const ids = members.map((member) => jobOfExecution(member.toString('utf8')))
  const current = fieldsIn(hash).current_job
  return [...new Set([...(current === null ? [] : [current]), ...ids])].slice(0, mostHeld)
}

async function heldBy(
  redis: RedisClient,
  asked: readonly { readonly key: string; readonly id: string }[],
): Promise<ReadonlyMap<string, readonly HeldMessage[]>> {
  const jobs = await askAll(
    redis,
    asked.map(({ id }): Command => ['HMGET', jobKeys(id).job, 'origin', 'started_at', 'description']),
  )
  const held = new Map<string, HeldMessage[]>()
  asked.forEach(({ key, id }, index) => {
    const answer = jobs[index]
    const [queue, started, description] = answer?.ok ? listOf(answer.value).map(textOf) : []
    const own = held.get(key) ?? []
    own.push({ queue: queue ?? '', id, name: functionOf(description ?? null), since: timeOf(started ?? null) })
    held.set(key, own)
  })
  return held
}

function workerOf(key: string, hash: Answer, holds: readonly HeldMessage[]): Worker {
  const fields = fieldsIn(hash)
  const isThere = hash.ok && listOf(hash.value).some((value) => value !== null)
  return {
    id: workerOfKey(key),
    host: fields.hostname,
    pid: numberOf(fields.pid),
    queues: fields.queues === null ? null : fields.queues.split(','),
    state: hash.ok ? (isThere ? stateOf(fields, holds.length) : 'lost') : 'unknown',
    startedAt: timeOf(fields.birth),
    heartbeatAt: timeOf(fields.last_heartbeat),
    concurrency: isThere ? 1 : null,
    holds: [...holds],
    holdsCount: isThere ? holds.length : null,
    note: hash.ok ? (isThere ? noteOf(fields) : 'No heartbeat for minutes: it ended without saying so.') : null,
  }
}

function stateOf({ state, shutdown_requested_date: ending }: Told, held: number): Worker['state'] {
  if (state === 'suspended' || ending !== null) return 'quiet'
  return state === 'busy' || held > 0 ? 'busy' : 'idle'
}

function noteOf(fields: Told): string | null {
  const words = [
    fields.version === null ? null : `RQ ${fields.version}`,
    fields.python_version === null ? null : `Python ${fields.python_version.split(' ', 1)[0]}`,
    `${fields.successful_job_count ?? 0} done`,
    `${fields.failed_job_count ?? 0} failed`,
    fields.state === 'suspended' ? 'suspended with all others' : null,
    fields.shutdown_requested_date === null ? null : 'ends after its job',
  ]
  return words.filter((word) => word !== null).join(', ')
}
