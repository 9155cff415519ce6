import type { Worker, WorkerReport } from '@shared/model/worker'
import type { RedisClient } from '../../clients/redis'
import { ask, type Command, listOf, numberOf, textOf } from '../redis-asking'
import { queuePrefix, workersKey } from './keys'

const mostWorkers = 1_000
const fields = [
  'hostname',
  'pid',
  'queues',
  'state',
  'birth',
  'last_heartbeat',
  'current_job',
  'current_job_working_time',
  'version',
  'death',
] as const

/** Each worker writes itself down with a lifetime that its heartbeat renews: one that died is gone from its key before long. */
export async function workersOf(redis: RedisClient): Promise<WorkerReport> {
  const [scanned] = await ask(redis, [['SSCAN', workersKey, 0, 'COUNT', mostWorkers]])
  const [cursor, members] = listOf(scanned)
  const keys = listOf(members).flatMap((member) => textOf(member) ?? [])
  const rows = await ask(
    redis,
    keys.map((key): Command => ['HMGET', key, ...fields]),
  )
  const workers = keys.flatMap((key, index): readonly Worker[] => {
    const [host, pid, queues, state, birth, beat, job, , version, death] = listOf(rows[index]).map(textOf)
    // Its key has expired, or it has said goodbye.
    if (birth === null || birth === undefined || death) return []
    return [
      {
        id: key.replace(/^rq:worker:/, ''),
        host: host ?? null,
        pid: numberOf(pid),
        queues: queues ? queues.split(',').map((queue) => queue.replace(queuePrefix, '')) : null,
        state: state === 'busy' ? 'busy' : state === 'suspended' ? 'quiet' : 'idle',
        startedAt: timeOf(birth),
        heartbeatAt: timeOf(beat),
        concurrency: 1,
        holds: job ? [{ queue: queues?.split(',')[0] ?? '', id: job, name: null, since: null }] : [],
        holdsCount: job ? 1 : 0,
        note: version ? `RQ ${version}` : null,
      },
    ]
  })
  return { layout: 'rq', workers, incomplete: null, truncated: (textOf(cursor) ?? '0') !== '0' }
}

const timeOf = (text: string | null | undefined): number | null => {
  const at = text ? Date.parse(text) : Number.NaN
  return Number.isFinite(at) ? at : null
}
