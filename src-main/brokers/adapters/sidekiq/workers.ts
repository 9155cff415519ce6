import type { Worker, WorkerReport } from '@shared/model/worker'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { brokerTime } from '../redis-asking'
import { classOf, jidOf } from './job'
import { type Process, readProcesses } from './processes'

/** How long a heartbeat is good for. Source: launcher.rb. Milliseconds. */
const beatIsGoodForMs = 60_000
const mostHeld = 100

/** Every process tells itself at least every 10 s and is forgotten after 60: the report is complete wherever it may be read. */
export async function workersOf(
  redis: RedisClient,
  { prefixes, clock }: { readonly prefixes: readonly string[]; readonly clock: Clock },
): Promise<WorkerReport> {
  const now = await brokerTime(redis, clock)
  const each = await Promise.all(prefixes.map((prefix) => readProcesses(redis, prefix)))
  return {
    layout: 'sidekiq',
    workers: each.flatMap(({ processes }) => processes.map((process) => workerOf(process, now))),
    incomplete: each.find(({ unseen }) => unseen !== null)?.unseen ?? null,
    truncated: each.some(({ truncated }) => truncated),
  }
}

function workerOf(process: Process, now: number): Worker {
  const { identity, info, isDenied, expiresInMs, holds, heldUnread } = process
  // "host:pid:nonce"; a host's name may hold colons.
  const [, host, pid] = /^(.*):(\d+):[0-9a-f]+$/.exec(identity) ?? []
  return {
    id: identity,
    host: info?.hostname ?? host ?? null,
    pid: info?.pid ?? (pid === undefined ? null : Number(pid)),
    queues: info?.queues ? [...info.queues] : null,
    state: stateOf(process),
    startedAt: info?.startedAt ?? null,
    heartbeatAt: expiresInMs === null ? null : now - (beatIsGoodForMs - expiresInMs),
    concurrency: info?.concurrency ?? null,
    holds: holds
      .slice(0, mostHeld)
      .map(({ queue, job, since }) => ({ queue, id: jidOf(job), name: classOf(job), since })),
    holdsCount: isDenied ? null : holds.length + heldUnread,
    note: noteOf(process),
  }
}

function stateOf({ isDenied, info, isQuiet, busy }: Process): Worker['state'] {
  if (isDenied) return 'unknown'
  if (info === null) return 'lost'
  if (isQuiet) return 'quiet'
  return (busy ?? 0) > 0 ? 'busy' : 'idle'
}

function noteOf({ info, isDenied, residentKb }: Process): string | null {
  if (isDenied) return 'This user may not read its keys.'
  if (info === null) return 'No heartbeat for more than a minute: it ended without saying so.'
  const told = [
    info.version === null ? null : `Sidekiq ${info.version}`,
    info.tag === null ? null : `tag ${info.tag}`,
    info.labels.length === 0 ? null : `labels ${info.labels.join(', ')}`,
    residentKb === null || residentKb === 0 ? null : `${Math.round(residentKb / 1024)} MiB`,
  ].filter((each) => each !== null)
  return told.length === 0 ? null : told.join(', ')
}
