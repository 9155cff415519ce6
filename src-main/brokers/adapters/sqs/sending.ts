import { Failure } from '@shared/failure'
import type { Outgoing } from '../../remedies'
import { type Copy, sendCopies } from './copies'
import type { SqsQueue } from './queues'
import type { SqsContext } from './sqs-context'

/** Source: SendMessage. */
const longestDelaySeconds = 900
const mostAttributes = 10

/** Adds messages, and answers SQS's ids. Throws a Failure that names the field before anything is sent, or tells how many were. */
export async function sendAll(
  context: SqsContext,
  queue: SqsQueue,
  messages: readonly Outgoing[],
): Promise<readonly string[]> {
  const copies = messages.map((message) => copyOf(message, queue))
  const sent = await sendCopies(context.line, queue, copies)
  const failed = sent.find(({ outcome }) => outcome !== 'sent')
  if (failed && failed.outcome !== 'sent') {
    const there = sent.filter(({ outcome }) => outcome === 'sent').length
    throw new Failure({
      code: failed.outcome === 'unknown' ? 'outcome-unknown' : failed.code,
      message: `${there} of ${messages.length} were sent: ${failed.reason}`,
      hint: there > 0 ? 'Send again only what is missing.' : undefined,
      subject: queue.address.name,
    })
  }
  return sent.flatMap((each) => (each.outcome === 'sent' ? [each.id] : []))
}

function copyOf({ body, delayMs, priority, attributes, options = {} }: Outgoing, { fifo, address }: SqsQueue): Copy {
  const refuse = (message: string, subject: string) => new Failure({ code: 'bad-input', message, subject })
  const { group = null, dedupId = null, ...others } = options
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw refuse(`SQS knows no option ${unknown}.`, unknown)
  if (priority !== null) throw refuse('SQS has no priorities.', 'priority')
  if (fifo && !group) throw refuse(`${address.name} is a FIFO queue: each message needs a group.`, 'group')
  if (!fifo && dedupId !== null) throw refuse('Only FIFO queues take a deduplication id.', 'dedupId')
  if (fifo && delayMs > 0)
    throw refuse('A FIFO queue takes no delay for one message, only for the whole queue.', 'delay')
  const delaySeconds = Math.ceil(delayMs / 1_000)
  if (delaySeconds > longestDelaySeconds) throw refuse('SQS delays a message by at most 900 s.', 'delay')
  if (Object.keys(attributes).length > mostAttributes) throw refuse('SQS takes at most 10 attributes.', 'attributes')
  return {
    text: Buffer.from(body).toString('utf8'),
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
    ),
    group,
    dedupId,
    traceHeader: null,
    delaySeconds,
  }
}
