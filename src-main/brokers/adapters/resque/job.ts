import { membersOf, type Span, sliceOf } from '../json-members'

/** Pure: the class of a job as it waits, JSON with `class` and `args`; null where the bytes are none of Resque's. */
export function classOf(job: Buffer): string | null {
  const members = membersOf(job)
  const name = members?.get('class')
  return name ? stringIn(job, name) : null
}

/** An entry of the failed list, with its payload as bytes: what a worker was given. */
export interface Failed {
  readonly payload: Buffer
  readonly payloadSpan: Span
  readonly class: string | null
  readonly queue: string | null
  readonly worker: string | null
  readonly exception: string | null
  readonly error: string | null
  readonly backtrace: string | null
  readonly failedAt: number | null
  readonly retriedAt: string | null
}

/** Pure: null where the bytes are none of Resque's. */
export function failedOf(entry: Buffer): Failed | null {
  const members = membersOf(entry)
  const payloadSpan = members?.get('payload')
  if (!members || !payloadSpan) return null
  const payload = sliceOf(entry, payloadSpan)
  const text = (name: string) => {
    const span = members.get(name)
    return span ? stringIn(entry, span) : null
  }
  const trace = members.get('backtrace')
  const lines: unknown = trace ? JSON.parse(sliceOf(entry, trace).toString('utf8')) : null
  return {
    payload,
    payloadSpan,
    class: classOf(payload),
    queue: text('queue'),
    worker: text('worker'),
    exception: text('exception'),
    error: text('error'),
    backtrace: Array.isArray(lines) ? lines.map(String).join('\n') : typeof lines === 'string' ? lines : null,
    failedAt: timeOf(text('failed_at')),
    retriedAt: text('retried_at'),
  }
}

/** "2026/11/24 10:00:00 UTC" as Ruby writes it, "Tue Nov 24 2026 10:00:00 GMT+0000 (…)" as node-resque does. */
export function timeOf(text: string | null): number | null {
  const at = text === null ? Number.NaN : Date.parse(text)
  return Number.isNaN(at) ? null : at
}

function stringIn(json: Buffer, span: Span): string | null {
  const value: unknown = JSON.parse(sliceOf(json, span).toString('utf8'))
  return typeof value === 'string' ? value : null
}
