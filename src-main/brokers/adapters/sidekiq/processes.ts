import type { RedisClient } from '../../clients/redis'
import { askTogether } from '../asking-together'
import { membersOf, sliceOf } from '../json-members'
import { type Answer, buffersOf, type Command, explained, listOf, numberOf, textOf } from '../redis-asking'
import { type Job, jobOf } from './job'
import { keysOf } from './keys'

/** What one thread of a process works on. */
export interface HeldJob {
  readonly identity: string
  readonly thread: string
  readonly queue: string
  readonly job: Job
  readonly since: number | null
}

/** A process as its heartbeat, every 5 s (10 s since version 7), leaves it in Redis for 60 s. */
export interface Process {
  readonly identity: string
  /** What it told of itself when it started; null: its heartbeat has expired. */
  readonly info: ProcessInfo | null
  readonly busy: number | null
  readonly isQuiet: boolean
  /** Until its heartbeat expires, milliseconds. */
  readonly expiresInMs: number | null
  readonly residentKb: number | null
  readonly holds: readonly HeldJob[]
  /** Jobs that it holds and that are too large to be read. */
  readonly heldUnread: number
  /** Its keys are out of bounds for this user: nothing of it is known. */
  readonly isDenied: boolean
}

export interface ProcessInfo {
  readonly hostname: string | null
  readonly pid: number | null
  readonly startedAt: number | null
  readonly tag: string | null
  readonly labels: readonly string[]
  readonly concurrency: number | null
  readonly queues: readonly string[] | null
  /** Told since version 7. */
  readonly version: string | null
}

export interface Processes {
  readonly processes: readonly Process[]
  readonly truncated: boolean
  /** Why not all can be seen, in words; null: they are. */
  readonly unseen: string | null
}

const mostProcesses = 1_000
/** A held job holds its whole payload: larger ones are counted only. Bytes. */
const largestHeld = 64 * 1024

/** In a bounded number of questions. */
export async function readProcesses(redis: RedisClient, prefix: string): Promise<Processes> {
  const keys = keysOf(prefix)
  const identities: string[] = []
  let unseen: string | null = null
  let cursor = '0'
  do {
    const [scan] = await askTogether(redis, [['SSCAN', keys.processes, cursor, 'COUNT', mostProcesses]])
    if (scan && !scan.ok) unseen = (await explained(redis, scan)).message
    const [next, members] = scan?.ok ? listOf(scan.value) : []
    for (const member of buffersOf(members)) identities.push(member.toString('utf8'))
    cursor = textOf(next) ?? '0'
  } while (cursor !== '0' && identities.length <= mostProcesses)
  const read = [...new Set(identities)].sort().slice(0, mostProcesses)
  const stride = 4
  const answers = await askTogether(
    redis,
    read.flatMap((identity): Command[] => [
      ['HMGET', keys.process(identity), 'info', 'busy', 'quiet', 'rss', 'concurrency'],
      ['PTTL', keys.process(identity)],
      ['HKEYS', keys.work(identity)],
      ['HKEYS', keys.workers(identity)],
    ]),
  )
  const threads = read.flatMap((identity, index) =>
    [2, 3].flatMap((offset) =>
      buffersOf(valueIn(answers[index * stride + offset])).map((thread) => ({
        identity,
        key: offset === 2 ? keys.work(identity) : keys.workers(identity),
        thread,
      })),
    ),
  )
  const held = await heldBy(redis, threads)
  const denied = answers.find((answer) => !answer.ok)
  if (denied && !denied.ok) unseen ??= (await explained(redis, denied)).message
  return {
    unseen,
    processes: read.map((identity, index) => {
      const [info, busy, quiet, rss, concurrency] = listOf(valueIn(answers[index * stride]))
      const expiresInMs = numberOf(valueIn(answers[index * stride + 1]))
      return {
        identity,
        info: infoOf(info, numberOf(concurrency)),
        busy: numberOf(busy),
        isQuiet: textOf(quiet) === 'true',
        expiresInMs: expiresInMs !== null && expiresInMs >= 0 ? expiresInMs : null,
        residentKb: numberOf(rss),
        holds: held.jobs.filter((job) => job.identity === identity),
        heldUnread: held.unread.get(identity) ?? 0,
        isDenied: answers.slice(index * stride, (index + 1) * stride).some((answer) => !answer.ok),
      }
    }),
    truncated: identities.length > mostProcesses,
  }
}

interface Thread {
  readonly identity: string
  readonly key: string
  readonly thread: Buffer
}

async function heldBy(redis: RedisClient, threads: readonly Thread[]) {
  const sizes = await askTogether(
    redis,
    threads.map(({ key, thread }): Command => ['HSTRLEN', key, thread]),
  )
  const unread = new Map<string, number>()
  const small = threads.filter(({ identity }, index) => {
    const isSmall = (numberOf(valueIn(sizes[index])) ?? 0) <= largestHeld
    if (!isSmall) unread.set(identity, (unread.get(identity) ?? 0) + 1)
    return isSmall
  })
  const values = await askTogether(
    redis,
    small.map(({ key, thread }): Command => ['HGET', key, thread]),
  )
  const jobs = small.flatMap(({ identity, thread }, index): readonly HeldJob[] => {
    const value = valueIn(values[index])
    const held = Buffer.isBuffer(value) ? heldOf(value) : null
    return held ? [{ identity, thread: thread.toString('utf8'), ...held }] : []
  })
  return { jobs, unread }
}

/** The payload is the job's own text in a string since version 6.0, an object before. */
export function heldOf(value: Buffer): Pick<HeldJob, 'queue' | 'job' | 'since'> | null {
  const members = membersOf(value)
  const [queue, payload, runAt] = ['queue', 'payload', 'run_at'].map((name) => {
    const span = members?.get(name)
    return span ? sliceOf(value, span) : null
  })
  if (!queue || !payload) return null
  const text: unknown = JSON.parse(payload.toString('utf8'))
  const since = runAt ? Number(runAt.toString('utf8')) : Number.NaN
  return {
    queue: String(JSON.parse(queue.toString('utf8'))),
    job: jobOf(typeof text === 'string' ? Buffer.from(text) : payload),
    since: Number.isFinite(since) ? since * 1_000 : null,
  }
}

function infoOf(value: unknown, concurrency: number | null): ProcessInfo | null {
  let info: unknown
  try {
    info = JSON.parse(textOf(value) ?? '')
  } catch {
    return null
  }
  if (typeof info !== 'object' || info === null) return null
  const told = new Map<string, unknown>(Object.entries(info))
  const word = (name: string) => {
    const found = told.get(name)
    return typeof found === 'string' && found !== '' ? found : null
  }
  const number = (name: string) => {
    const found = told.get(name)
    return typeof found === 'number' ? found : null
  }
  const words = (name: string) => {
    const found = told.get(name)
    return Array.isArray(found) ? found.map(String) : null
  }
  const startedAt = number('started_at')
  return {
    hostname: word('hostname'),
    pid: number('pid'),
    startedAt: startedAt === null ? null : Math.round(startedAt * 1_000),
    tag: word('tag'),
    labels: words('labels') ?? [],
    concurrency: number('concurrency') ?? concurrency,
    queues: words('queues'),
    version: word('version'),
  }
}

const valueIn = (answer: Answer | undefined): unknown => (answer?.ok ? answer.value : null)
