import type { Worker, WorkerReport } from '@shared/model/worker'
import type { RedisClient } from '../../clients/redis'
import { ask, askAll, type Command, listOf, textOf } from '../redis-asking'
import { serversKey, workersKey } from './keys'
import { readServerInfo, readWorkerInfo } from './server-info'

const mostServers = 1_000
const mostHeld = 100

/** Each server writes itself down every few seconds, and lets that expire: one that is gone is not in the list. */
export async function workersOf(redis: RedisClient): Promise<WorkerReport> {
  const [members] = await ask(redis, [['ZRANGE', serversKey, 0, mostServers]])
  const keys = listOf(members).flatMap((member) => textOf(member) ?? [])
  const infos = await askAll(
    redis,
    keys.map((key): Command => ['GET', key]),
  )
  const held = await askAll(
    redis,
    keys.map((key): Command => ['HSCAN', key.replace(serversKey, workersKey), 0, 'COUNT', mostHeld]),
  )
  const workers = keys.flatMap((key, index): readonly Worker[] => {
    const answer = infos[index]
    const info = answer?.ok && Buffer.isBuffer(answer.value) ? readServerInfo(answer.value) : null
    return info ? [workerOf(key, info, held[index]?.ok ? held[index].value : [])] : []
  })
  return {
    layout: 'asynq',
    workers: workers.slice(0, mostServers),
    incomplete: null,
    truncated: keys.length > mostServers,
  }
}

function workerOf(key: string, info: NonNullable<ReturnType<typeof readServerInfo>>, scanned: unknown): Worker {
  const flat = listOf(listOf(scanned)[1])
  const holds = flat
    .filter((_, index) => index % 2 === 1)
    .flatMap((value) => {
      const held = Buffer.isBuffer(value) ? readWorkerInfo(value) : null
      return held ? [{ queue: held.queue, id: held.taskId, name: held.taskType, since: held.startedAt }] : []
    })
  return {
    id: key.slice(serversKey.length + 2, -1),
    host: info.host,
    pid: info.pid,
    queues: [...info.queues],
    state: info.status === 'active' ? (info.activeCount > 0 ? 'busy' : 'idle') : 'quiet',
    startedAt: info.startedAt,
    heartbeatAt: null,
    concurrency: info.concurrency,
    holds,
    holdsCount: info.activeCount,
    note: info.status === 'active' ? null : info.status,
  }
}
