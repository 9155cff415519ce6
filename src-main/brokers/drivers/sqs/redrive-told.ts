import type { SqsContext } from './sqs-context'

/** What a redrive policy, or the lack of one, means for the messages of a queue. */
export async function redriveTold({ queues, maxAttempts }: SqsContext, queue: string): Promise<string> {
  const { redrive } = await queues.get(queue)
  if (!redrive)
    return `${queue} has no redrive policy: its dead letters are put into its own dead-letter queue, with their errors.`
  const { maxReceiveCount: most, targetArn } = redrive
  const target = targetArn.split(':').at(-1)
  const attempts = Math.min(most, maxAttempts(queue))
  return [
    `${queue} has a redrive policy: after ${most} receives SQS moves a message to ${target} by itself, without an error.`,
    `So a message is tried ${attempts} times at most, and put into ${target} with its error before SQS would do it.`,
    'Every receive counts, also that of somebody who only looks.',
    ...(most === 1 ? ['With a limit of 1, a message whose receive nobody saw is moved away untried.'] : []),
  ].join(' ')
}
