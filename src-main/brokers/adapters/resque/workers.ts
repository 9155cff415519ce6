import type { Worker, WorkerReport } from '@shared/model/worker'
import { z } from 'zod'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import {
  type Answer,
  askAll,
  askOne,
  brokerTime,
  buffersOf,
  type Command,
  listOf,
  numberOf,
  textOf,
} from '../redis-asking'
import { timeOf } from './job'
import { keysOf } from './keys'

const mostWorkers = 1_000

/** Ruby's Resque takes a worker for dead after so long without a sign; node-resque gives one every few seconds. */
const lostAfterMs = 5 * 60_000

const Held = z.object({
  run_at: z.string().nullish(),
  queue: z.string(),
  payload: z.looseObject({ class: z.unknown() }).nullish(),
})
const Ping = z.object({ time: z.number() })

/** Who works in these namespaces: from the registry of workers, what each holds, and when it was last heard of. */
export async function workersOf(
  redis: RedisClient,
  namespaces: readonly string[],
  clock: Clock,
): Promise<WorkerReport> {
  const now = await brokerTime(redis, clock)
  const workers: Worker[] = []
  let truncated = false
  for (const namespace of namespaces) {
    const { ids, isWhole } = await workerIds(redis, namespace)
    truncated ||= !isWhole
    const keys = keysOf(namespace)
    const answers = await askAll(
      redis,
      ids.flatMap((id): Command[] => [
        ['GET', keys.worker(id)],
        ['GET', keys.worker(`${id}:started`)],
        ['GET', keys.worker(`ping:${partsOf(id).name}`)],
        ['HGET', keys.heartbeats, id],
      ]),
    )
    for (const [index, id] of ids.entries()) {
      const [job, started, ping, heartbeat] = answers.slice(index * 4, index * 4 + 4).map(valueIn)
      const pinged = parsed(Ping, ping)
      const heartbeatAt = pinged ? pinged.time * 1000 : timeOf(textOf(heartbeat))
      workers.push(workerOf({ id, now, heartbeatAt, held: parsed(Held, job), startedAt: startOf(textOf(started)) }))
    }
  }
  return { layout: 'resque', workers, incomplete: null, truncated }
}

/** How many workers hold a job of each queue; null where there are too many workers to look at. */
export async function heldByQueue(redis: RedisClient, namespace: string): Promise<ReadonlyMap<string, number> | null> {
  const { ids, isWhole } = await workerIds(redis, namespace)
  if (!isWhole) return null
  const keys = keysOf(namespace)
  const answers = await askAll(
    redis,
    ids.map((id): Command => ['GET', keys.worker(id)]),
  )
  const counts = new Map<string, number>()
  for (const answer of answers) {
    const queue = parsed(Held, valueIn(answer))?.queue
    if (queue !== undefined) counts.set(queue, (counts.get(queue) ?? 0) + 1)
  }
  return counts
}

async function workerIds(redis: RedisClient, namespace: string) {
  const ids = new Set<string>()
  let cursor = '0'
  do {
    const [next, members] = listOf(await askOne(redis, ['SSCAN', keysOf(namespace).workers, cursor, 'COUNT', 500]))
    for (const member of buffersOf(members)) ids.add(member.toString('utf8'))
    cursor = textOf(next) ?? '0'
  } while (cursor !== '0' && ids.size <= mostWorkers)
  return { ids: [...ids].slice(0, mostWorkers), isWhole: cursor === '0' && ids.size <= mostWorkers }
}

/** Pure: "host:pid:a,b", or a name that node-resque was given, "name:a,b"; node adds its number to the pid, "host:pid+1". */
export function partsOf(id: string) {
  const parts = id.split(':')
  const queues = (parts.length > 1 ? parts.at(-1)! : '').split(',').filter((queue) => queue !== '')
  const name = parts.length > 1 ? parts.slice(0, -1).join(':') : id
  const [, host, pid] = /^(.+):(\d+)(?:\+\d+)?$/.exec(name) ?? []
  return { name, host: host ?? null, pid: pid === undefined ? null : Number(pid), queues }
}

function workerOf(at: {
  readonly id: string
  readonly now: number
  readonly heartbeatAt: number | null
  readonly startedAt: number | null
  readonly held: z.infer<typeof Held> | null
}): Worker {
  const { id, now, heartbeatAt, startedAt, held } = at
  const { host, pid, queues } = partsOf(id)
  const isLost = heartbeatAt !== null && now - heartbeatAt > lostAfterMs
  const name = held?.payload?.class
  return {
    id,
    host,
    pid,
    // "*" stands for all of them.
    queues: queues.includes('*') ? null : queues,
    state: isLost ? 'lost' : held ? 'busy' : 'idle',
    startedAt,
    heartbeatAt,
    concurrency: 1,
    holds: held
      ? [
          {
            queue: held.queue,
            id: null,
            name: typeof name === 'string' ? name : null,
            since: timeOf(held.run_at ?? null),
          },
        ]
      : [],
    holdsCount: held ? 1 : 0,
    note: queues.includes('*') ? 'listens to all queues' : null,
  }
}

/** node-resque writes seconds, Ruby a date. */
const startOf = (text: string | null): number | null => {
  const seconds = numberOf(text)
  return seconds === null ? timeOf(text) : seconds * 1000
}

function parsed<Shape>(shape: z.ZodType<Shape>, value: unknown): Shape | null {
  try {
    const result = shape.safeParse(JSON.parse(textOf(value) ?? 'null'))
    return result.success ? result.data : null
  } catch {
    return null
  }
}

const valueIn = (answer: Answer | undefined): unknown => (answer?.ok ? answer.value : null)
