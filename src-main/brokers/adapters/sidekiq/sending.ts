import { randomBytes } from 'node:crypto'
import { Failure } from '@shared/failure'
import type { QueueAddress } from '@shared/model/queue'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { runScript } from '../../clients/script'
import type { Outgoing } from '../../remedies'
import { askOne, brokerTime, buffersOf } from '../redis-asking'
import { allSent } from '../sent-so-far'
import type { FollowedJobs } from './following'
import { type Job, jobOf, stampLike } from './job'
import { keysOf, listKey, setKey } from './keys'
import { notArgs } from './mending'
import { pushJob, scheduleJob } from './scripts'

/** Options of a job that may be set through attributes, as JSON; others would need their own screens. */
const optionPatterns: Readonly<Record<string, RegExp>> = {
  retry: /^(?:true|false|0|[1-9]\d{0,3})$/,
  backtrace: /^(?:true|false|[1-9]\d{0,3})$/,
}

/** Adds jobs as Sidekiq's own client writes them, with the arguments' text as it is. No client middleware is run. */
export async function sendJobs(
  { redis, followed, clock }: { readonly redis: RedisClient; readonly followed: FollowedJobs; readonly clock: Clock },
  queue: QueueAddress,
  messages: readonly Outgoing[],
): Promise<readonly string[]> {
  for (const message of messages) assertSendable(message)
  const list = listKey(queue.prefix, queue.name)
  const now = await brokerTime(redis, clock)
  const like = await neighbour(redis, list)
  const results = await Promise.allSettled(
    messages.map(async (message) => {
      const jid = randomBytes(12).toString('hex')
      const isLater = message.delayMs > 0
      const job = jobText(message, { jid, queue: queue.name, stamp: stampLike(like, now), isLater })
      if (isLater) {
        const due = ((now + message.delayMs) / 1_000).toFixed(6)
        await runScript(redis, scheduleJob, [setKey(queue.prefix, 'scheduled set')], [due, job])
      } else await runScript(redis, pushJob, [list, keysOf(queue.prefix).queues], [job, queue.name])
      followed.follow(queue.prefix, jid, queue.name)
      return jid
    }),
  )
  return allSent(queue.name, results)
}

function assertSendable({ name, body, priority, attributes, options }: Outgoing): void {
  const refuse = (message: string, subject: string, hint?: string) =>
    new Failure({ code: 'bad-input', message, subject, hint })
  if (name === null || name === '') throw refuse('A job needs a class: it says what runs.', 'name')
  const invalid = notArgs(body)
  if (invalid) throw refuse(invalid, 'body', 'Write [1, "two"] for perform(1, "two").')
  if (priority !== null) throw refuse('Sidekiq has no priority for one job: its queues have.', 'priority')
  for (const option of Object.keys(options ?? {})) throw refuse(`Sidekiq knows no ${option} of a job.`, option)
  for (const [attribute, text] of Object.entries(attributes)) {
    if (Object.hasOwn(optionPatterns, attribute) && optionPatterns[attribute]!.test(text)) continue
    throw refuse(
      `${attribute} = ${JSON.stringify(text)} is not a job option that can be sent.`,
      attribute,
      `These can: ${Object.keys(optionPatterns).join(', ')}.`,
    )
  }
}

/** Members in the order in which Sidekiq's client writes them. */
function jobText(
  { name, body, attributes }: Outgoing,
  { jid, queue, stamp, isLater }: { jid: string; queue: string; stamp: string; isLater: boolean },
): Buffer {
  const members = [
    ['retry', attributes.retry ?? 'true'],
    ['queue', JSON.stringify(queue)],
    ['class', JSON.stringify(name)],
    ['args', Buffer.from(body).toString('utf8').trim()],
    ...(attributes.backtrace === undefined ? [] : [['backtrace', attributes.backtrace]]),
    ['jid', JSON.stringify(jid)],
    ['created_at', stamp],
    ...(isLater ? [] : [['enqueued_at', stamp]]),
  ]
  return Buffer.from(`{${members.map(([member, value]) => `"${member}":${value}`).join(',')}}`)
}

/** A job that waits there, which shows how its version writes times. */
async function neighbour(redis: RedisClient, list: string): Promise<Job> {
  const [bytes] = buffersOf(await askOne(redis, ['LRANGE', list, 0, 0]))
  return jobOf(bytes ?? Buffer.alloc(0))
}
