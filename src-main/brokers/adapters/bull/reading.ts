import type { QueueAddress } from '@shared/model/queue'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { type Reading, unreadable } from '../../reader'
import { askTogether, timeTogether } from '../asking-together'
import { type Answer, type Command, explained, numberOf, textOf } from '../redis-asking'
import { baseOf, keysOf } from './keys'

/** Figures of many queues in two pipelines: counts first, then when the next in line were added. */
export async function readAll(
  redis: RedisClient,
  queues: readonly QueueAddress[],
  clock: Clock,
): Promise<readonly Reading[]> {
  if (queues.length === 0) return []
  const asked = queues.map(questionsOf)
  const stride = asked[0]!.length
  const [now, answers] = await Promise.all([timeTogether(redis, clock), askTogether(redis, asked.flat())])
  const heads = queues.flatMap((queue, index): Command[] => {
    const own = answers.slice(index * stride, (index + 1) * stride)
    return [own[8], own[9]].map((answer): Command => {
      const id = textOf(answered(answer))
      return ['HGET', `${baseOf(queue)}${id ?? '-'}`, 'timestamp']
    })
  })
  const added = await askTogether(redis, heads)
  return await Promise.all(
    queues.map(async (_, index) => {
      const own = answers.slice(index * stride, (index + 1) * stride)
      const refused = own.find((answer) => !answer.ok)
      if (refused && !refused.ok) return unreadable((await explained(redis, refused)).message)
      return readingOf(own, [added[index * 2], added[index * 2 + 1]], now)
    }),
  )
}

function questionsOf(queue: QueueAddress): readonly Command[] {
  const keys = keysOf(queue)
  return [
    ['LLEN', keys.wait],
    ['LLEN', keys.paused],
    ['LLEN', keys.active],
    ['ZCARD', keys.delayed],
    ['ZCARD', keys.failed],
    ['ZCARD', keys.completed],
    ['GET', keys.id],
    ['EXISTS', keys.metaPaused],
    ['LINDEX', keys.wait, -1],
    ['LINDEX', keys.paused, -1],
  ]
}

/** Ids given out minus jobs that live is what was done: rejected duplicates and jobs removed by hand count as done too. */
function readingOf(own: readonly Answer[], added: readonly (Answer | undefined)[], now: number): Reading {
  const figure = (index: number) => numberOf(answered(own[index])) ?? 0
  const ready = figure(0) + figure(1)
  const alive = ready + figure(2) + figure(3) + figure(4)
  const ages = added.flatMap((answer) => {
    const at = numberOf(answered(answer))
    return at === null ? [] : [Math.max(0, now - at)]
  })
  return {
    ready,
    leased: figure(2),
    delayed: figure(3),
    dead: figure(4),
    done: figure(5),
    oldestReadyMs: ages.length === 0 ? null : Math.max(...ages),
    paused: figure(7) === 1,
    enqueuedTotal: figure(6),
    ackedTotal: Math.max(0, figure(6) - alive),
    waitBuckets: null,
    trouble: null,
  }
}

const answered = (answer: Answer | undefined): unknown => (answer?.ok ? answer.value : null)
