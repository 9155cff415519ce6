import { membersOf, replaced, type Span, sliceOf } from '../json-members'

/** A job as it stands in Redis: one JSON object, told by its own bytes. */
export interface Job {
  readonly bytes: Buffer
  /** null: the bytes are no JSON object. Sidekiq buries such a job in the dead set as it is. */
  readonly members: ReadonlyMap<string, Span> | null
}

export const jobOf = (bytes: Buffer): Job => ({ bytes, members: membersOf(bytes) })

/** A member's value as JavaScript can hold it; undefined: it is not there. */
export function memberOf({ bytes, members }: Job, name: string): unknown {
  const span = members?.get(name)
  return span && JSON.parse(sliceOf(bytes, span).toString('utf8'))
}

export function wordOf(job: Job, name: string): string | null {
  const value = memberOf(job, name)
  return typeof value === 'string' ? value : null
}

export const jidOf = (job: Job): string | null => wordOf(job, 'jid')

/** The exact text of its arguments; of what is no job, all of it. */
export const bodyOf = ({ bytes, members }: Job): Buffer => {
  const args = members?.get('args')
  return args ? sliceOf(bytes, args) : bytes
}

/** What stands before and after the body: with it between them, the job is whole again. */
export function aroundBody({ bytes, members }: Job): { readonly before: Buffer; readonly after: Buffer } {
  const args = members?.get('args')
  if (!args) return { before: Buffer.alloc(0), after: Buffer.alloc(0) }
  return { before: bytes.subarray(0, args.start), after: bytes.subarray(args.end) }
}

/** The same job with other arguments, every other byte as it was; null: it has none. */
export function withArgs({ bytes, members }: Job, args: Uint8Array): Buffer | null {
  const span = members?.get('args')
  return span ? replaced(bytes, span, args) : null
}

/** The job's class as Sidekiq's own pages show it: of a wrapper (Active Job's), the class within. */
export const classOf = (job: Job): string | null =>
  wordOf(job, 'display_class') ?? wordOf(job, 'wrapped') ?? wordOf(job, 'class')

/** Where it goes when nothing is said, as in Sidekiq's client. */
export const queueOf = (job: Job): string => wordOf(job, 'queue') ?? 'default'

/** Seconds with a fraction up to version 7, whole milliseconds since version 8. Answers milliseconds. */
export function timeOf(value: unknown): number | null {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return null
  return isMilliseconds(value) ? Math.round(value) : Math.round(value * 1_000)
}

/** 10^11 seconds lie in the year 5138, 10^11 milliseconds in 1973. */
const isMilliseconds = (value: number): boolean => value > 1e11

/** An instant as the version that wrote `like` writes it. Version 8 tells seconds by their fraction, so one is always there. */
export const stampLike = (like: Job, atMs: number): string =>
  ['enqueued_at', 'created_at', 'failed_at'].some((name) => {
    const value = memberOf(like, name)
    return typeof value === 'number' && isMilliseconds(value)
  })
    ? String(Math.round(atMs))
    : (atMs / 1_000).toFixed(6)

/**
 * The job as it goes back into its queue, as Sidekiq's own Retry Now does it: a manual retry does not count, so retry_count is one
 * less, and enqueued_at is now. All other bytes are as they were. null: it is no job.
 */
export function requeued(job: Job, atMs: number): Buffer | null {
  const { bytes, members } = job
  if (!members?.has('class')) return null
  const changes: (readonly [Span, string])[] = []
  const count = memberOf(job, 'retry_count')
  if (typeof count === 'number' && Number.isInteger(count)) changes.push([members.get('retry_count')!, `${count - 1}`])
  const enqueued = members.get('enqueued_at')
  const stamp = stampLike(job, atMs)
  if (enqueued) changes.push([enqueued, stamp])
  else {
    const end = bytes.lastIndexOf('}')
    changes.push([{ start: end, end }, `,"enqueued_at":${stamp}`])
  }
  return changes
    .sort(([a], [b]) => b.start - a.start)
    .reduce((text, [span, value]) => replaced(text, span, Buffer.from(value)), bytes)
}
