import type { DetailSection } from '@shared/model/details'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import { evidenceOf, sharedKeysWarning } from '../bull-evidence'
import { type Answer, askAll, listOf, numberOf, textOf } from '../redis-asking'
import { baseOf, keysOf } from './keys'

/** What else there is to know of a Bull queue, in its own words. */
export async function detailsOf(redis: RedisClient, queue: QueueAddress): Promise<readonly DetailSection[]> {
  const keys = keysOf(queue)
  const [evidence, answers] = await Promise.all([
    evidenceOf(redis, [baseOf(queue).slice(0, -1)]),
    askAll(redis, [
      ['ZCARD', keys.priority],
      ['ZCARD', keys.repeat],
      ['GET', keys.limiter],
      ['PTTL', keys.limiter],
      ['HLEN', `${keys.limiter}:index`],
      ['HMGET', `${keys.base}metrics:completed`, 'count', 'prevTS'],
      ['HMGET', `${keys.base}metrics:failed`, 'count', 'prevTS'],
      ['PTTL', `${keys.base}stalled-check`],
    ]),
  ])
  const number = (index: number) => wordOf(answers[index])
  const limited = answers[2]?.ok && textOf(answers[2].value) !== null
  const count = (index: number) => {
    const answer = answers[index]
    return answer?.ok ? textOf(listOf(answer.value)[0]) : null
  }
  const sections: DetailSection[] = [
    {
      title: 'Queue',
      note: 'Bull writes no version into Redis: it is 4.x by the shape of its keys.',
      facts: [
        { name: 'Waiting jobs with a priority', value: number(0) },
        { name: 'Repeatable jobs', value: number(1) },
        { name: 'Key prefix', value: keys.base },
      ],
    },
    {
      title: 'Rate limiter',
      note: limited ? null : 'No limit is counting now; the limit itself is set in the workers’ code.',
      facts: [
        { name: 'Jobs in this period', value: limited ? number(2) : null },
        { name: 'Period ends in', value: limited ? `${number(3) ?? '?'} ms` : null },
        { name: 'Jobs held back', value: number(4) },
      ],
    },
  ]
  if (count(5) !== null || count(6) !== null) {
    sections.push({
      title: 'Metrics',
      note: 'Counted by workers that were started with metrics.',
      facts: [
        { name: 'Completed', value: count(5) },
        { name: 'Failed', value: count(6) },
      ],
    })
  }
  const stalledCheck = answers[7]?.ok ? (numberOf(answers[7].value) ?? -2) : null
  sections.push({
    title: 'Workers',
    note: 'A worker looks for stalled jobs every 30 seconds unless told otherwise; each look leaves a mark for that long.',
    facts: [
      {
        name: 'Looked for stalled jobs',
        value: stalledCheck === null ? null : stalledCheck > 0 ? `next in ${stalledCheck} ms` : 'not lately',
      },
    ],
  })
  return evidence[0]?.isBullmq && evidence[0].isBull
    ? [{ title: 'Two libraries on one queue', note: sharedKeysWarning, facts: [] }, ...sections]
    : sections
}

function wordOf(answer: Answer | undefined): string | null {
  if (!answer?.ok || answer.value === null) return null
  const number = numberOf(answer.value)
  return number === null ? textOf(answer.value) : String(number)
}
