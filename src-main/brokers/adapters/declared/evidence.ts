import type { RedisClient } from '../../clients/redis'
import { askTogether } from '../asking-together'
import type { Place } from '../element-mending'
import { membersOf } from '../json-members'
import { type Command, numberOf } from '../redis-asking'

/** Where Sidekiq keeps its queues, and the set that it lists their names in. */
const sidekiqPrefix = 'queue:'
const sidekiqQueues = 'queues'

/**
 * Which of these lists are Sidekiq's, which names them alike, byte for byte: those that its set lists, and whose jobs, where there
 * are any, have a class and a jid.
 */
export async function isSidekiqs(redis: RedisClient, places: readonly Place[]): Promise<ReadonlySet<string>> {
  const asked = places.filter(({ key, type }) => type === 'list' && key.startsWith(sidekiqPrefix))
  const answers = await askTogether(
    redis,
    asked.flatMap(({ key }): readonly Command[] => [
      ['SISMEMBER', sidekiqQueues, key.slice(sidekiqPrefix.length)],
      ['LINDEX', key, -1],
    ]),
  )
  return new Set(
    asked.flatMap(({ key }, index) => {
      const [listed, job] = answers.slice(index * 2)
      const isListed = listed?.ok && numberOf(listed.value) === 1
      const isJob = job?.ok && (job.value === null || looksLikeJob(job.value))
      return isListed && isJob ? [key] : []
    }),
  )
}

function looksLikeJob(value: unknown): boolean {
  const members = Buffer.isBuffer(value) ? membersOf(value) : null
  return (members?.has('class') && members.has('jid')) ?? false
}
