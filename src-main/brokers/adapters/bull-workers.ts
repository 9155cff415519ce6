import type { Layout } from '@shared/model/queue'
import type { Worker, WorkerReport } from '@shared/model/worker'
import type { Clock } from '../../runtime/clock'
import type { RedisClient } from '../clients/redis'
import { type Evidence, evidenceOf } from './bull-evidence'
import { type NamedClient, namedClients } from './named-clients'
import { brokerTime } from './redis-asking'

/** A worker's connection by its name: `PREFIX:base64(QUEUE)` and in BullMQ `:w`, `:w:NAME`. */
export interface WorkerName {
  readonly prefix: string
  readonly queue: string
  readonly label: string | null
}

const mostWorkers = 1_000

/**
 * Workers of Bull or BullMQ by the names of their blocking connections: nothing else reveals them. `parse` reads a name;
 * `isOurs`
 * looks at the keys of the queue that it names, so that neither the other library's workers nor other software's names are taken for them.
 */
export async function bullWorkers(
  redis: RedisClient,
  {
    layout,
    clock,
    parse,
    isOurs,
  }: {
    readonly layout: Layout
    readonly clock: Clock
    readonly parse: (name: string) => WorkerName | null
    readonly isOurs: (evidence: Evidence) => boolean
  },
): Promise<WorkerReport> {
  const listed = await namedClients(redis)
  if (!listed.ok) return { layout, workers: [], incomplete: listed.reason, truncated: false }
  const named = listed.clients.flatMap((client) => {
    const worker = parse(client.name)
    return worker ? [{ client, worker }] : []
  })
  const read = named.slice(0, mostWorkers)
  const paths = [...new Set(read.map(({ worker }) => pathOf(worker)))]
  const [now, evidence] = await Promise.all([brokerTime(redis, clock), evidenceOf(redis, paths)])
  return {
    layout,
    workers: read.flatMap(({ client, worker }) => {
      const own = evidence[paths.indexOf(pathOf(worker))]
      return own && isOurs(own) ? [workerOf(client, worker, now)] : []
    }),
    incomplete: 'Only workers that could name their connection are listed; what each of them holds is not told.',
    truncated: named.length > read.length,
  }
}

const pathOf = ({ prefix, queue }: WorkerName): string => `${prefix}:${queue}`

/** Pure: null where it is no base64 of a queue's name. */
export function decodedName(base64: string): string | null {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64) || base64 === '') return null
  const text = Buffer.from(base64, 'base64').toString('utf8')
  return text.includes('\uFFFD') ? null : text
}

const workerOf = (client: NamedClient, worker: WorkerName, now: number): Worker => ({
  id: worker.label === null ? client.id : `${worker.label} (${client.id})`,
  host: client.host,
  pid: null,
  queues: [worker.queue],
  // A worker that fetches while it works on others is not idle: blocking tells nothing.
  state: 'unknown',
  startedAt: client.ageMs === null ? null : now - client.ageMs,
  heartbeatAt: null,
  concurrency: null,
  holds: [],
  holdsCount: null,
  note: worker.label,
})
