import { Failure, isFailure } from '@shared/failure'
import type { RedisClient } from '../../clients/redis'
import { isOutcomeUnknown, redisFailure } from '../../clients/redis-failure'
import { expectedTypes, type QueueKeys } from './keys'

/**
 * Asks Redis, and turns what goes wrong into a Failure that says whether the act took place: 'unreachable' when it was
 * never sent, 'outcome-unknown' when the answer was lost, 'wrong-type' with the key's name, else what Redis said. A bug
 * (a script that does not run) stays what it is.
 */
export async function asked<Answer>(
  redis: RedisClient,
  keys: QueueKeys,
  act: string,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  if (redis.status !== 'ready')
    throw new Failure({ code: 'unreachable', message: `Redis is not connected: ${act} was not sent.`, subject: act })
  try {
    return await ask()
  } catch (error) {
    throw await explained(redis, keys, act, error)
  }
}

async function explained(redis: RedisClient, keys: QueueKeys, act: string, error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || isFailure(error)) return error
  if (isOutcomeUnknown(error) || /max retries per request/i.test(error.message))
    return new Failure(
      {
        code: 'outcome-unknown',
        message: `The connection broke before Redis answered: whether ${act} took place is unknown.`,
        subject: act,
      },
      { cause: error },
    )
  if (error.message.includes('WRONGTYPE')) return (await wrongKey(redis, keys, error)) ?? error
  // What a script ran into is told in the middle of a longer text.
  const refused = error.message.match(
    /\b(NOPERM|OOM|READONLY|LOADING|BUSY|MISCONF|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|MOVED|CROSSSLOT) .*/,
  )
  if (refused) return redisFailure(new Error(refused[0]), 'Redis')
  return /isn't writeable/i.test(error.message)
    ? new Failure({ code: 'unreachable', message: `Redis is not connected: ${act} was not sent.`, subject: act })
    : error
}

/** True when the answer was lost on its way: the command may have taken place. */
export const isUnknown = (error: unknown): error is Failure => isFailure(error) && error.code === 'outcome-unknown'

export const wrongType = (key: string, expected: string, actual: string) =>
  `The key ${key} holds a ${actual} where a ${expected} belongs.`

async function wrongKey(redis: RedisClient, keys: QueueKeys, cause: Error): Promise<Failure | undefined> {
  const expected = expectedTypes(keys)
  const actual = await Promise.all(expected.map(([key]) => redis.type(key).catch(() => 'none')))
  const wrong = expected.findIndex(([, type], index) => actual[index] !== 'none' && actual[index] !== type)
  const [key, type] = expected[wrong] ?? []
  if (key === undefined || type === undefined) return undefined
  return new Failure(
    {
      code: 'wrong-type',
      message: wrongType(key, type, actual[wrong] ?? 'something else'),
      hint: 'Something else writes to this key. Nothing was changed.',
      subject: key,
    },
    { cause },
  )
}
