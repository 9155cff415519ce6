import { Failure } from '@shared/failure'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import type { Outgoing } from '../../remedies'
import { defaultJobName, jobOptions } from '../job-options'
import { notJson } from '../json-body'
import { failureOf } from '../redis-asking'
import { allSent } from '../sent-so-far'
import type { Library, NewJob } from './library'

/** Adds jobs by BullMQ's own scripts with the bodies' bytes as they are. */
export async function sendJobs(
  redis: RedisClient,
  library: Library,
  { queue, messages }: { queue: QueueAddress; messages: readonly Outgoing[] },
): Promise<readonly string[]> {
  const jobs = messages.map(jobOf)
  const results = await library.add(redis, queue, jobs).catch((error: unknown) => {
    throw failureOf(error)
  })
  return allSent(queue.name, results)
}

/** Pure: BullMQ's options for a message; refused whole before the first is added. */
function jobOf(message: Outgoing): NewJob {
  const invalid = notJson(message.body, 'BullMQ')
  if (invalid) throw new Failure({ code: 'bad-input', message: invalid })
  const options: Record<string, string | number | boolean> = {}
  if (message.delayMs > 0) options.delay = message.delayMs
  if (message.priority !== null && message.priority > 0) options.priority = message.priority
  Object.assign(options, jobOptions(message.attributes))
  return { name: message.name ?? defaultJobName, body: Buffer.from(message.body).toString('utf8'), options }
}
