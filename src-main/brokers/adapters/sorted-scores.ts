import type { RedisClient } from '../clients/redis'
import { ask, askAll, type Command, explained, listOf, numberOf } from './redis-asking'

/** The score of each member in each sorted set, in the order given; null where it does not stand there. */
export async function scoresIn(
  redis: RedisClient,
  sets: readonly string[],
  members: readonly string[],
): Promise<readonly (readonly (number | null)[])[]> {
  const answers = await askAll(
    redis,
    sets.map((key): Command => ['ZMSCORE', key, ...members]),
  )
  // ZMSCORE came with Redis 6.2.
  if (answers.some((answer) => !answer.ok && answer.refusal.message.startsWith('ERR unknown command'))) {
    return await Promise.all(
      sets.map(async (key) =>
        (
          await ask(
            redis,
            members.map((member): Command => ['ZSCORE', key, member]),
          )
        ).map(numberOf),
      ),
    )
  }
  const refused = answers.find((answer) => !answer.ok)
  if (refused && !refused.ok) throw await explained(redis, refused)
  return answers.map((answer) => (answer.ok ? listOf(answer.value).map(numberOf) : []))
}
