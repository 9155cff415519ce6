import { ListQueueTagsCommand } from '@aws-sdk/client-sqs'
import type { DetailSection } from '@shared/model/details'
import { type QueueAddress, queueKey } from '@shared/model/queue'
import type { SqsActs } from './acts'
import { addressOfArn, type SqsQueue } from './queues'
import type { SqsContext } from './sqs-context'

/** Settings, links, policy, tags and tasks, as SQS tells them. What a permission hides is said, once for each. */
export async function detailsOf(
  context: SqsContext,
  acts: SqsActs,
  address: QueueAddress,
): Promise<readonly DetailSection[]> {
  const queue = await context.queues.fresh(address)
  const [tags, tasks] = await Promise.all([tagsOf(context, queue), tasksOf(context, acts, queue)])
  const denied = context.denials.all
  return [
    settings(queue),
    deadLetters(context, queue),
    ...(tasks ? [tasks] : []),
    encryption(queue),
    policy(queue),
    tags,
    ...(denied.length === 0
      ? []
      : [{ title: 'Not permitted', note: 'Off until granted:', facts: denied.map((value) => ({ name: '', value })) }]),
  ]
}

function settings({ attributes, fifo, url, arn }: SqsQueue): DetailSection {
  const seconds = (name: string) => (attributes[name] === undefined ? null : `${attributes[name]} s`)
  return {
    title: 'Queue',
    note: null,
    facts: [
      { name: 'Kind', value: fifo ? 'FIFO' : 'Standard' },
      { name: 'URL', value: url },
      { name: 'ARN', value: arn },
      { name: 'Visibility timeout', value: seconds('VisibilityTimeout') },
      { name: 'Retention', value: seconds('MessageRetentionPeriod') },
      { name: 'Delay', value: seconds('DelaySeconds') },
      { name: 'Long polling', value: seconds('ReceiveMessageWaitTimeSeconds') },
      { name: 'Largest message', value: attributes.MaximumMessageSize ? `${attributes.MaximumMessageSize} B` : null },
      ...(fifo
        ? [
            { name: 'Deduplication by content', value: attributes.ContentBasedDeduplication ?? null },
            { name: 'Deduplication scope', value: attributes.DeduplicationScope ?? null },
            { name: 'Throughput limit', value: attributes.FifoThroughputLimit ?? null },
          ]
        : []),
      { name: 'Created', value: dateOf(attributes.CreatedTimestamp) },
      { name: 'Changed', value: dateOf(attributes.LastModifiedTimestamp) },
    ],
  }
}

function deadLetters({ queues }: SqsContext, queue: SqsQueue): DetailSection {
  const target = queue.redrive && addressOfArn(queue.redrive.targetArn)
  const sources = queues.sourcesOf(queue)
  return {
    title: 'Dead letters',
    note: queue.redrive || sources.length > 0 ? null : 'Neither has it a dead-letter queue, nor is it one.',
    facts: [
      ...(queue.redrive
        ? [
            {
              name: 'Go to',
              value: queue.redrive.targetArn.split(':').at(-1) ?? queue.redrive.targetArn,
              queue: target && queueKey(target),
            },
            { name: 'After receives', value: String(queue.redrive.maxReceiveCount) },
          ]
        : []),
      ...sources.map(({ address }) => ({ name: 'Come from', value: address.name, queue: queueKey(address) })),
      ...(queue.attributes.RedriveAllowPolicy
        ? [{ name: 'Redrive allow policy', value: pretty(queue.attributes.RedriveAllowPolicy) }]
        : []),
    ],
  }
}

async function tasksOf({ queues }: SqsContext, acts: SqsActs, queue: SqsQueue): Promise<DetailSection | null> {
  if (!queues.isDeadLetterQueue(queue)) return null
  const tasks = await acts.tasks(queue).catch(() => undefined)
  return {
    title: 'Redrive tasks',
    note: !tasks
      ? 'They cannot be asked for here.'
      : tasks.length === 0
        ? 'None so far.'
        : 'Newest first; counts are approximate.',
    facts: (tasks ?? []).map((task) => ({
      name: task.StartedTimestamp ? new Date(task.StartedTimestamp).toISOString() : 'Task',
      value: [
        task.Status?.toLowerCase(),
        `≈${task.ApproximateNumberOfMessagesMoved ?? 0} of ≈${task.ApproximateNumberOfMessagesToMove ?? '?'} moved`,
        task.MaxNumberOfMessagesPerSecond ? `${task.MaxNumberOfMessagesPerSecond}/s` : null,
        task.FailureReason,
      ]
        .filter(Boolean)
        .join(', '),
    })),
  }
}

const encryption = ({ attributes }: SqsQueue): DetailSection => ({
  title: 'Encryption',
  note: null,
  facts: attributes.KmsMasterKeyId
    ? [
        { name: 'KMS key', value: attributes.KmsMasterKeyId },
        {
          name: 'Data key reused for',
          value: attributes.KmsDataKeyReusePeriodSeconds ? `${attributes.KmsDataKeyReusePeriodSeconds} s` : null,
        },
      ]
    : [
        {
          name: 'By SQS itself',
          value:
            attributes.SqsManagedSseEnabled === undefined
              ? null
              : attributes.SqsManagedSseEnabled === 'true'
                ? 'on'
                : 'off',
        },
      ],
})

const policy = ({ attributes }: SqsQueue): DetailSection => ({
  title: 'Policy',
  note: attributes.Policy ? null : 'None: what identities may do here is said by their IAM policies alone.',
  facts: attributes.Policy ? [{ name: 'Queue policy', value: pretty(attributes.Policy) }] : [],
})

async function tagsOf({ line, denials }: SqsContext, { url, address }: SqsQueue): Promise<DetailSection> {
  const answer = await denials.unlessDenied(() =>
    line.ask({ action: 'ListQueueTags', queue: address.name }, (sqs) =>
      sqs.send(new ListQueueTagsCommand({ QueueUrl: url })),
    ),
  )
  const tags = Object.entries(answer?.Tags ?? {})
  return {
    title: 'Tags',
    note: !answer ? 'They may not be read.' : tags.length === 0 ? 'None.' : null,
    facts: tags.map(([name, value]) => ({ name, value })),
  }
}

const dateOf = (seconds: string | undefined): string | null =>
  seconds === undefined ? null : new Date(Number(seconds) * 1_000).toISOString()

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2)
  } catch {
    return json
  }
}
