import type { MessageAttributeValue } from '@aws-sdk/client-sqs'
import type { MessageState } from '@shared/model/message'
import type { ItemOutcome, Snapshot } from '../../remedies'
import { type Copy, sendCopies } from './copies'
import type { Held } from './held'
import type { SqsQueue } from './queues'
import type { SqsContext } from './sqs-context'

/** Every byte that can be sent again. */
export const snapshotOf = (held: Held, state: MessageState): Snapshot => ({
  id: held.id,
  state,
  place: '',
  body: Buffer.from(held.text),
  fields: {
    attributes: Buffer.from(JSON.stringify(held.attributes, (_key, value: unknown) => packed(value))),
    system: Buffer.from(JSON.stringify(held.system)),
  },
})

/** Sends what was kept as new messages: SQS gives each a new id and a new time. */
export async function restoreAll(
  context: SqsContext,
  queue: SqsQueue,
  snapshots: readonly Snapshot[],
): Promise<readonly ItemOutcome[]> {
  const sent = await sendCopies(context.line, queue, snapshots.map(copyOfSnapshot))
  return snapshots.map(({ id }, index) => {
    const result = sent[index]!
    return result.outcome === 'sent'
      ? { id, outcome: 'applied' }
      : { id, outcome: result.outcome, reason: result.reason }
  })
}

function copyOfSnapshot({ body, fields }: Snapshot): Copy {
  const system = JSON.parse(textOf(fields.system)) as Partial<Record<string, string>>
  return {
    text: Buffer.from(body).toString('utf8'),
    attributes: JSON.parse(textOf(fields.attributes), (_key, value: unknown) => unpacked(value)) as Record<
      string,
      MessageAttributeValue
    >,
    group: system.MessageGroupId ?? null,
    dedupId: null,
    traceHeader: system.AWSTraceHeader ?? null,
    delaySeconds: 0,
  }
}

/** Binary attributes as base64, told from text by their shape. */
const packed = (value: unknown): unknown =>
  value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value

const unpacked = (value: unknown): unknown =>
  value !== null && typeof value === 'object' && 'base64' in value && typeof value.base64 === 'string'
    ? Buffer.from(value.base64, 'base64')
    : value

const textOf = (bytes: Uint8Array | undefined): string => (bytes ? Buffer.from(bytes).toString('utf8') : '{}')
