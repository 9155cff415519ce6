import { Failure, isFailure } from '@shared/failure'
import type { RedisClient } from './redis'
import { isOutcomeUnknown, redisFailure } from './redis-failure'

/** The queue that is asked about, and what each of its keys must hold: for telling which one is wrong. */
export interface AskedQueue {
  readonly queue: string
  readonly types: () => readonly (readonly [key: string, type: string])[]
}

/**
 * Asks Redis, and turns what goes wrong into a Failure that names the queue and says whether the act took place: 'unreachable'
 * when it was never sent, 'outcome-unknown' when the answer was lost, 'wrong-type' with the key's name, else what Redis said.
 * A bug (a script that does not run) stays what it is.
 */
export async function asked<Answer>(
  redis: RedisClient,
  about: AskedQueue,
  act: string,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  if (redis.status !== 'ready') throw notSent(about, act)
  try {
    return await ask()
  } catch (error) {
    throw await explained(redis, about, act, error)
  }
}

/** True when the answer was lost on its way: the command may have taken place. */
export const isUnknown = (error: unknown): error is Failure => isFailure(error) && error.code === 'outcome-unknown'

export const wrongType = (key: string, expected: string, actual: string): string =>
  `The key ${key} holds a ${actual} where a ${expected} belongs.`

/** A transaction that was never carried out says why in the error of the command that was not taken. */
export function refusedTransaction(error: unknown): never {
  const { previousErrors } = error as { readonly previousErrors?: readonly unknown[] }
  throw previousErrors?.[0] ?? error
}

async function explained(redis: RedisClient, about: AskedQueue, act: string, error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || isFailure(error)) return error
  if (isOutcomeUnknown(error) || /max retries per request/i.test(error.message))
    return new Failure(
      {
        code: 'outcome-unknown',
        message: `${about.queue}: the connection broke before Redis answered, so whether ${act} took place is unknown.`,
        subject: about.queue,
      },
      { cause: error },
    )
  if (error.message.includes('WRONGTYPE')) return (await wrongKey(redis, about, error)) ?? error
  // What a script ran into is told in the middle of a longer text.
  const refused = error.message.match(
    /\b(NOPERM|OOM|READONLY|LOADING|BUSY|MISCONF|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|MOVED|CROSSSLOT) .*/,
  )
  if (refused) return redisFailure(new Error(refused[0]), 'Redis')
  return /isn't writeable/i.test(error.message) ? notSent(about, act) : error
}

const notSent = ({ queue }: AskedQueue, act: string): Failure =>
  new Failure({
    code: 'unreachable',
    message: `${queue}: Redis is not connected, so ${act} was not sent.`,
    subject: queue,
  })

async function wrongKey(redis: RedisClient, { queue, types }: AskedQueue, cause: Error): Promise<Failure | undefined> {
  const expected = types()
  const actual = await Promise.all(expected.map(([key]) => redis.type(key).catch(() => 'none')))
  const wrong = expected.findIndex(([, type], index) => actual[index] !== 'none' && actual[index] !== type)
  const [key, type] = expected[wrong] ?? []
  if (key === undefined || type === undefined) return undefined
  return new Failure(
    {
      code: 'wrong-type',
      message: `${queue}: ${wrongType(key, type, actual[wrong] ?? 'something else')}`,
      hint: 'Something else writes to this key: find out what, and give one of the two another name. Nothing was changed.',
      subject: key,
    },
    { cause },
  )
}
