import type { QueueAddress } from '@shared/model/queue'
import { Cluster } from 'ioredis'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { type Reading, unreadable } from '../../reader'
import { type Answer, askAll, brokerTime, type Command, explained, listOf, numberOf, textOf } from '../redis-asking'
import { type Figures, readingOf } from './figures'
import { baseOf, keysOf } from './keys'

/** The same figures by plain commands, for connections without scripts. */
export async function readPlain(
  redis: RedisClient,
  queues: readonly QueueAddress[],
  clock: Clock,
): Promise<readonly Reading[]> {
  const [time, answers] = await Promise.all([brokerTime(redis, clock), askPerQueue(redis, queues.map(figureCommands))])
  const heads = queues.map((queue, index) => headsOf(baseOf(queue), answers[index]!))
  const created = await askPerQueue(redis, heads)
  return await Promise.all(
    answers.map(async (own, index) => {
      const refused = [...own, ...created[index]!].find((answer) => !answer.ok)
      if (refused && !refused.ok) return unreadable((await explained(redis, refused)).message)
      return readingOf(figuresOf({ own, created: created[index]!, now: time }))
    }),
  )
}

function figureCommands(queue: QueueAddress): readonly Command[] {
  const keys = keysOf(queue)
  return [
    ['LLEN', keys.wait],
    ['LLEN', keys.paused],
    ['ZCARD', keys.prioritized],
    ['LLEN', keys.active],
    ['ZCARD', keys.delayed],
    ['ZCARD', keys.waitingChildren],
    ['ZCARD', keys.failed],
    ['ZCARD', keys.completed],
    ['GET', keys.id],
    ['HEXISTS', keys.meta, 'paused'],
    ['LRANGE', keys.wait, -2, -1],
    ['LINDEX', keys.paused, -1],
    ['ZRANGE', keys.prioritized, 0, 0],
  ]
}

/** Major 4 and older kept a marker "0:..." at the end of `wait`. */
const isMarker = (id: string | null | undefined): boolean => id?.startsWith('0:') ?? false

function headsOf(base: string, own: readonly Answer[]): readonly Command[] {
  const value = (index: number) => {
    const answer = own[index]
    return answer?.ok ? answer.value : null
  }
  const waiting = listOf(value(10)).map(textOf)
  const next = isMarker(waiting.at(-1)) ? waiting.at(-2) : waiting.at(-1)
  return [next, textOf(value(11)), textOf(listOf(value(12))[0])].flatMap((id) =>
    id === null || id === undefined || isMarker(id) ? [] : [['HGET', `${base}${id}`, 'timestamp'] as const],
  )
}

function figuresOf({
  own,
  created,
  now,
}: {
  own: readonly Answer[]
  created: readonly Answer[]
  now: number
}): Figures {
  const figure = (index: number) => {
    const answer = own[index]
    return (answer?.ok ? numberOf(answer.value) : null) ?? 0
  }
  const waitTail = own[10]?.ok ? textOf(listOf(own[10].value).at(-1)) : null
  const ages = created.flatMap((answer) => {
    const at = answer.ok ? numberOf(answer.value) : null
    return at === null ? [] : [Math.max(0, now - at)]
  })
  return {
    ready: figure(0) - (isMarker(waitTail) ? 1 : 0) + figure(1) + figure(2),
    active: figure(3),
    delayed: figure(4),
    waitingChildren: figure(5),
    failed: figure(6),
    completed: figure(7),
    idCounter: figure(8),
    paused: figure(9) === 1,
    oldestReadyMs: ages.length === 0 ? null : Math.max(...ages),
  }
}

/** One pipeline for all of them; on a cluster one per queue, since queues stand in different slots. */
async function askPerQueue(
  redis: RedisClient,
  questions: readonly (readonly Command[])[],
): Promise<readonly (readonly Answer[])[]> {
  if (redis instanceof Cluster) return await Promise.all(questions.map((question) => askAll(redis, question)))
  const answers = await askAll(redis, questions.flat())
  let at = 0
  return questions.map((question) => {
    at += question.length
    return answers.slice(at - question.length, at)
  })
}
