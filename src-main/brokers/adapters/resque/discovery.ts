import type { RedisClient } from '../../clients/redis'
import type { Found, KeyFamily } from '../../reader'
import { askTogether } from '../asking-together'
import { membersOf } from '../json-members'
import { type Answer, askOne, buffersOf, type Command, listOf, numberOf, textOf } from '../redis-asking'
import { delayedSchedule, failedList, keysOf } from './keys'

/** Queues of one registry that are shown. */
const mostQueues = 10_000

/** Resque's queues by the names of its keys, whatever their namespace: each leads to the registry `NAMESPACE:queues`. */
export const resqueKeyFamily = (redis: RedisClient): KeyFamily => ({
  sight(key) {
    const registry = /^(.+?):(?:queues|queue:.+|failed|delayed_queue_schedule)$/.exec(key)
    return registry ? { candidate: registry[1]! } : null
  },
  async prove(candidates) {
    const proven = await provenNamespaces(redis, candidates)
    return await Promise.all(
      candidates.map((namespace, index) => (proven[index] ? queuesOf(redis, namespace) : Promise.resolve([]))),
    )
  },
})

/** Those of one namespace, when it is Resque's: from its registry, with the failed list, and the schedule where there is one. */
export async function registered(redis: RedisClient, namespace: string): Promise<readonly Found[]> {
  const [proven] = await provenNamespaces(redis, [namespace])
  return proven ? await queuesOf(redis, namespace) : []
}

async function queuesOf(redis: RedisClient, namespace: string): Promise<readonly Found[]> {
  const keys = keysOf(namespace)
  const names = new Set<string>()
  let cursor = '0'
  do {
    const [next, members] = listOf(await askOne(redis, ['SSCAN', keys.queues, cursor, 'COUNT', 1_000]))
    for (const member of buffersOf(members)) names.add(member.toString('utf8'))
    cursor = textOf(next) ?? '0'
  } while (cursor !== '0' && names.size < mostQueues)
  names.add(failedList)
  if (numberOf(await askOne(redis, ['EXISTS', keys.schedule])) === 1) names.add(delayedSchedule)
  return [...names].map((name) => ({
    address: { layout: 'resque', prefix: namespace, name },
    product: 'Resque',
    keyBase: `${namespace}:`,
  }))
}

/**
 * RQ, asynq and a Sidekiq with a namespace keep a set of that name too. Resque's holds plain names, and beside it stand its
 * statistics, its workers, its failed list or its schedule, or a job with a class and args and no id.
 */
async function provenNamespaces(redis: RedisClient, namespaces: readonly string[]): Promise<readonly boolean[]> {
  const first = await askTogether(
    redis,
    namespaces.flatMap((namespace): Command[] => {
      const keys = keysOf(namespace)
      return [
        ['SRANDMEMBER', keys.queues],
        ['TYPE', keys.stat('processed')],
        ['TYPE', keys.workers],
        ['TYPE', keys.failed],
        ['TYPE', keys.schedule],
        ...strangers.map((name): Command => ['EXISTS', `${namespace}:${name}`]),
      ]
    }),
  )
  const stride = 5 + strangers.length
  const own = namespaces.map((_, index) => first.slice(index * stride, (index + 1) * stride).map(valueIn))
  const sizes = await askTogether(
    redis,
    namespaces.map((namespace, index): Command => ['LINDEX', keysOf(namespace).queue(textOf(own[index]![0]) ?? ''), 0]),
  )
  return own.map(([member, stat, workers, failed, schedule, ...others], index) => {
    const name = textOf(member)
    if (name === null || name.startsWith(`${namespaces[index]}:`)) return false
    if (others.some((other) => numberOf(other) === 1)) return false
    const head = valueIn(sizes[index])
    if (Buffer.isBuffer(head)) return isJob(head)
    const kinds = [stat, workers, failed, schedule].map(textOf)
    return kinds[0] === 'string' || kinds[1] === 'set' || kinds[2] === 'list' || kinds[3] === 'zset'
  })
}

/** Sidekiq's. */
const strangers = ['processes', 'retry', 'dead', 'schedule'] as const

function isJob(json: Buffer): boolean {
  const members = membersOf(json)
  return members?.has('class') === true && members.has('args') && !members.has('jid')
}

const valueIn = (answer: Answer | undefined): unknown => (answer?.ok ? answer.value : null)
