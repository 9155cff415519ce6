import { Failure } from '@shared/failure'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import type { Outgoing } from '../../remedies'
import { failureOf, isRefusal, wasNeverSent } from './asking'
import type { Library, NewJob } from './library'
import { notJson } from './mending'

/** The name that Bull and BullMQ's own tools give a job without one. */
const defaultName = '__default__'

/** Job options that may be set through attributes; others would need their own screens. */
const optionParsers: Readonly<Record<string, (text: string) => string | number | boolean | undefined>> = {
  jobId: (text) => (text === '' || text === '0' || text.startsWith('0:') ? undefined : text),
  attempts: (text) => (/^[1-9]\d{0,4}$/.test(text) ? Number(text) : undefined),
  lifo: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  removeOnComplete: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  removeOnFail: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
}

/** Adds jobs by BullMQ's own scripts with the bodies' bytes as they are. */
export async function sendJobs(
  redis: RedisClient,
  library: Library,
  { queue, messages }: { queue: QueueAddress; messages: readonly Outgoing[] },
): Promise<readonly string[]> {
  const jobs = messages.map(jobOf)
  const results = await library.add(redis, queue, jobs).catch((error: unknown) => {
    throw failureOf(error, queue.name)
  })
  const lost = results.find((result) => result.status === 'rejected')
  if (!lost) return results.map((result) => (result.status === 'fulfilled' ? result.value : ''))
  const added = results.filter((result) => result.status === 'fulfilled').length
  const error: unknown = lost.status === 'rejected' ? lost.reason : undefined
  const known = isRefusal(error) || wasNeverSent(error)
  throw new Failure(
    {
      code: known ? failureOf(error, queue.name).code : 'outcome-unknown',
      message: `${added} of ${results.length} were added; then: ${failureOf(error, queue.name).message}`,
      hint: known ? undefined : 'Look at the queue before sending the rest again.',
      subject: queue.name,
    },
    { cause: error },
  )
}

/** Pure: BullMQ's options for a message; refused whole before the first is added. */
function jobOf(message: Outgoing): NewJob {
  const invalid = notJson(message.body)
  if (invalid) throw new Failure({ code: 'bad-input', message: invalid })
  const options: Record<string, string | number | boolean> = {}
  if (message.delayMs > 0) options.delay = message.delayMs
  if (message.priority !== null && message.priority > 0) options.priority = message.priority
  for (const [name, text] of Object.entries(message.attributes)) {
    const value = Object.hasOwn(optionParsers, name) ? optionParsers[name]!(text) : undefined
    if (value === undefined) {
      throw new Failure({
        code: 'bad-input',
        message: `${name} = ${JSON.stringify(text)} is not a job option that can be sent`,
        hint: `These can: ${Object.keys(optionParsers).join(', ')}.`,
        subject: name,
      })
    }
    options[name] = value
  }
  return { name: message.name ?? defaultName, body: Buffer.from(message.body).toString('utf8'), options }
}
