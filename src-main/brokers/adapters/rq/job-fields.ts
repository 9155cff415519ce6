import type { RedisClient } from '../../clients/redis'
import { askAll, type Command, listOf, mapOf, numberOf, textOf } from '../redis-asking'
import { jobKeys } from './keys'
import { errorText } from './traceback'

/** What a row needs of a job's hash and of its last result. */
export interface JobFields {
  readonly exists: boolean
  readonly status: string | null
  readonly origin: string | null
  readonly createdAt: number | null
  readonly enqueuedAt: number | null
  readonly startedAt: number | null
  readonly endedAt: number | null
  readonly retriesLeft: number | null
  /** Not told by 1.13. */
  readonly retries: number | null
  /** The call in words: "shop.charge(7, card='x')", unless the producer wrote something else. */
  readonly description: string | null
  /** Of `data`, as it is stored. */
  readonly bytes: number | null
  readonly result: JobResult | null
  /** Where the result was dropped or never written. */
  readonly ownError: string | null
}

export interface JobResult {
  readonly at: number | null
  /** 1 finished, 2 failed, 3 stopped; later also 4 retried, 5 retried too often. */
  readonly type: number | null
  readonly error: string | null
}

const scalars = [
  'status',
  'origin',
  'created_at',
  'enqueued_at',
  'started_at',
  'ended_at',
  'retries_left',
  'number_of_retries',
] as const

/** Fields that may be long are pulled for a row up to this size, bytes. */
const smallField = 64 * 1024

/** In two pipelines for any number of jobs: small fields and sizes first, then whatever is small enough to be looked at. */
export async function fieldsOf(
  redis: RedisClient,
  ids: readonly string[],
  { withResults }: { readonly withResults: boolean },
): Promise<readonly JobFields[]> {
  const stride = withResults ? 5 : 4
  const sized = await askAll(
    redis,
    ids.flatMap((id): Command[] => {
      const { job, results } = jobKeys(id)
      return [
        ['HMGET', job, ...scalars],
        ['HSTRLEN', job, 'data'],
        ['HSTRLEN', job, 'description'],
        ['HSTRLEN', job, 'exc_info'],
        ...(withResults ? [['XREVRANGE', results, '+', '-', 'COUNT', 1] as const] : []),
      ]
    }),
  )
  const at = (index: number, offset: number) => {
    const answer = sized[index * stride + offset]
    return answer?.ok ? answer.value : null
  }
  const isSmall = (index: number, offset: number) => (numberOf(at(index, offset)) ?? 0) <= smallField
  const texts = await askAll(
    redis,
    ids.map(
      (id, index): Command => [
        'HMGET',
        jobKeys(id).job,
        isSmall(index, 2) ? 'description' : 'status',
        withResults && isSmall(index, 3) ? 'exc_info' : 'status',
      ],
    ),
  )
  return ids.map((_, index) => {
    const [status, origin, created, enqueued, started, ended, retriesLeft, retries] = listOf(at(index, 0))
    const [description, error] = texts[index]?.ok ? listOf(texts[index].value) : []
    return {
      exists: listOf(at(index, 0)).some((value) => value !== null) || (numberOf(at(index, 1)) ?? 0) > 0,
      status: textOf(status),
      origin: textOf(origin),
      createdAt: timeOf(textOf(created)),
      enqueuedAt: timeOf(textOf(enqueued)),
      startedAt: timeOf(textOf(started)),
      endedAt: timeOf(textOf(ended)),
      retriesLeft: numberOf(retriesLeft),
      retries: numberOf(retries),
      description: isSmall(index, 2) ? textOf(description) : null,
      bytes: numberOf(at(index, 1)),
      result: withResults ? (resultsOf(at(index, 4))[0] ?? null) : null,
      ownError: withResults && isSmall(index, 3) && Buffer.isBuffer(error) ? errorText(error, 'hash') : null,
    }
  })
}

/** Entries of a results stream, in the order told. */
export const resultsOf = (entries: unknown): readonly JobResult[] =>
  listOf(entries).map((entry) => {
    const [id, told] = listOf(entry)
    const fields = mapOf(told)
    const error = fields.get('exc_string')
    return {
      at: numberOf(textOf(id)?.split('-')[0] ?? null),
      type: numberOf(fields.get('type')),
      error: Buffer.isBuffer(error) ? errorText(error, 'result') : null,
    }
  })

/** "2026-11-24T10:00:00.123456Z", since 2.0 also with an offset; "": never. */
export function timeOf(text: string | null): number | null {
  const at = text ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : at
}

/** The function's name in the words of the call; null: the producer wrote something else. */
export const functionOf = (description: string | null): string | null =>
  /^([A-Za-z_][\w.]*)\(/.exec(description ?? '')?.[1] ?? null

/** What went wrong last: the last result tells it, else the job itself. */
export function lastError({ result, ownError }: Pick<JobFields, 'result' | 'ownError'>): string | null {
  if (result && result.type !== 1) return result.error ?? ownError
  return ownError
}
