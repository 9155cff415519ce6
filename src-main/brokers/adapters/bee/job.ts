import { z } from 'zod'
import { membersOf, type Span, sliceOf } from '../json-members'

/** A job as bee-queue writes it, with its data as bytes. */
export interface BeeJob {
  /** null where the text is none of bee-queue's. */
  readonly data: Buffer
  readonly dataSpan: Span
  readonly addedAt: number | null
  readonly timeoutMs: number | null
  /** Attempts that are left after the present one. */
  readonly retriesLeft: number
  /** Newest first. */
  readonly stacks: readonly string[]
  readonly status: string | null
  readonly progress: string | null
  readonly backoff: string | null
}

const Options = z.object({
  timestamp: z.number().optional().catch(undefined),
  timeout: z.number().optional().catch(undefined),
  retries: z.number().optional().catch(undefined),
  stacktraces: z.array(z.unknown()).optional().catch(undefined),
  backoff: z.unknown().optional(),
})

/** Pure: null where the text is none of bee-queue's. */
export function jobOf(json: Buffer): BeeJob | null {
  const members = membersOf(json)
  const dataSpan = members?.get('data')
  if (!members || !dataSpan) return null
  const textOf = (name: string): string | null => {
    const span = members.get(name)
    return span ? sliceOf(json, span).toString('utf8') : null
  }
  const options = Options.safeParse(JSON.parse(textOf('options') ?? '{}'))
  const { timestamp, timeout, retries, stacktraces = [], backoff } = options.success ? options.data : {}
  const status: unknown = JSON.parse(textOf('status') ?? 'null')
  return {
    data: sliceOf(json, dataSpan),
    dataSpan,
    addedAt: timestamp ?? null,
    timeoutMs: timeout ?? null,
    retriesLeft: retries ?? 0,
    stacks: stacktraces.map((stack) => (typeof stack === 'string' ? stack : JSON.stringify(stack))),
    status: typeof status === 'string' ? status : null,
    progress: textOf('progress'),
    backoff: backoff === undefined ? null : JSON.stringify(backoff),
  }
}

/** Pure: the JSON of a new job, as bee-queue's own Job writes it. `delayUntil` 0: at once. */
export function newJobJson(body: Uint8Array, { now, delayUntil, retries }: NewJob): Buffer {
  const options = {
    timestamp: now,
    stacktraces: [],
    ...(retries > 0 ? { retries } : {}),
    ...(delayUntil > 0 ? { delay: delayUntil } : {}),
  }
  return Buffer.concat([
    Buffer.from('{"data":'),
    body,
    Buffer.from(`,"options":${JSON.stringify(options)},"status":"created","progress":0}`),
  ])
}

export interface NewJob {
  readonly now: number
  readonly delayUntil: number
  readonly retries: number
}
