import { randomUUID } from 'node:crypto'
import { GetQueueAttributesCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { Failure } from '@shared/failure'
import type { PeekPrice, PeekState } from '@shared/model/peek'
import { type QueueAddress, queueKey } from '@shared/model/queue'
import type { Peeking } from '../../reader'
import { type Held, heldOf, type Look, receivesOf } from './held'
import type { SqsQueue } from './queues'
import { hide } from './receipts'
import type { SqsContext } from './sqs-context'

/** How long what was looked at stays hidden, seconds: a queue of dead letters has nobody who waits for them, any other has. */
const holdDeadSeconds = 600
const holdSeconds = 30
/** Source: ReceiveMessage. */
const mostPerReceive = 10
/** Receives under way at once. */
const lanes = 4

/**
 * Looking at SQS is receiving: each look raises a message's receive count by one and hides it from everybody else. So a person starts
 * each look, what was seen is kept here and read for free, and the look ends by giving everything back; when the console dies, the
 * messages come back by themselves.
 */
export class SqsPeeking implements Peeking {
  private readonly looks = new Map<string, Look>()

  constructor(private readonly context: SqsContext) {}

  async price(address: QueueAddress): Promise<PeekPrice> {
    const queue = await this.context.queues.fresh(address)
    const isDead = this.context.queues.isDeadLetterQueue(queue)
    const seen = Math.max(0, ...[...(this.looks.get(queueKey(address))?.messages.values() ?? [])].map(receivesOf))
    const remaining = queue.redrive ? queue.redrive.maxReceiveCount - seen : null
    if (remaining !== null && remaining <= 1) {
      return {
        answer: 'refused',
        reason: `Its redrive policy allows ${queue.redrive?.maxReceiveCount} receives, and ${seen} are spent: this look could move messages to the dead letters.`,
        hint: 'Raise maxReceiveCount, or look at its dead-letter queue.',
      }
    }
    const hold = isDead ? holdDeadSeconds : holdSeconds
    return {
      answer: 'priced',
      price: [
        'Each message that is looked at has one more receive on its count.',
        `It is hidden from consumers for ${hold} s, or until you give it back.`,
        ...(queue.fifo ? ['Of each message group that is looked at, nothing is delivered meanwhile.'] : []),
        ...(queue.redrive
          ? [
              'A message that consumers have already received as often as the redrive policy allows goes to the dead letters.',
            ]
          : []),
        ...(isDead ? ['A running redrive does not move what is hidden.'] : []),
      ],
      available: Number(queue.attributes.ApproximateNumberOfMessages ?? Number.NaN) || null,
      remainingReceives: remaining,
    }
  }

  async peek(address: QueueAddress, count: number): Promise<PeekState> {
    const price = await this.price(address)
    if (price.answer === 'refused') {
      throw new Failure({ code: 'unsupported', message: price.reason, hint: price.hint, subject: address.name })
    }
    // What an earlier look still holds would be missing from this one.
    await this.release(address)
    const queue = await this.context.queues.get(address)
    const look: Look = { takenAt: this.context.clock.now(), messages: new Map(), note: null }
    this.looks.set(queueKey(address), look)
    look.note = await this.receiveAll(queue, look, count)
    return this.state(address)!
  }

  state(address: QueueAddress): PeekState | null {
    const look = this.looks.get(queueKey(address))
    if (!look) return null
    const now = this.context.clock.now()
    const held = [...look.messages.values()].filter(({ heldUntil }) => heldUntil > now)
    return {
      takenAt: look.takenAt,
      seen: look.messages.size,
      held: held.length,
      heldUntil: held.length === 0 ? null : Math.max(...held.map(({ heldUntil }) => heldUntil)),
      note: look.note,
    }
  }

  async release(address: QueueAddress): Promise<PeekState | null> {
    const look = this.looks.get(queueKey(address))
    if (!look) return null
    const now = this.context.clock.now()
    const held = [...look.messages.values()].filter(({ heldUntil }) => heldUntil > now)
    if (held.length > 0) {
      const queue = await this.context.queues.get(address)
      await hide(
        this.context.line,
        queue,
        held.map(({ receipt }) => ({ receipt, seconds: 0 })),
      )
      for (const each of held) look.messages.set(each.id, { ...each, heldUntil: now })
    }
    return this.state(address)
  }

  async releaseAll(): Promise<void> {
    for (const key of this.looks.keys()) {
      const [, account, name] = key.split('/').map(decodeURIComponent)
      await this.release({ layout: 'sqs', prefix: account ?? '', name: name ?? '' }).catch(() => {})
    }
  }

  /** What was seen of a queue, in the order in which it came. */
  seen(address: QueueAddress): readonly Held[] {
    return [...(this.looks.get(queueKey(address))?.messages.values() ?? [])]
  }

  find(address: QueueAddress, id: string): Held | undefined {
    return this.looks.get(queueKey(address))?.messages.get(id)
  }

  /** It was deleted or sent on: no longer part of what was seen. */
  drop(address: QueueAddress, id: string): void {
    this.looks.get(queueKey(address))?.messages.delete(id)
  }

  /** Hidden for longer, by a receipt that is still good. */
  holdOn(address: QueueAddress, id: string, heldUntil: number): void {
    const look = this.looks.get(queueKey(address))
    const held = look?.messages.get(id)
    if (look && held) look.messages.set(id, { ...held, heldUntil })
  }

  private async receiveAll(queue: SqsQueue, look: Look, count: number): Promise<string | null> {
    const { clock, queues } = this.context
    const seconds = queues.isDeadLetterQueue(queue) ? holdDeadSeconds : holdSeconds
    let isEmpty = false
    let isAtLimit = false
    // Slots are taken before each receive, so that lanes together never pay for more than was announced.
    let left = count
    const lane = async () => {
      while (left > 0 && !isEmpty && !isAtLimit) {
        const wanted = Math.min(mostPerReceive, left)
        left -= wanted
        const messages = await this.receive(queue, wanted, seconds)
        left += wanted - messages.length
        if (messages.length === 0) isEmpty = true
        const heldUntil = clock.now() + seconds * 1_000
        for (const message of messages) {
          const held = heldOf(message, heldUntil)
          look.messages.set(held.id, held)
          if (queue.redrive && receivesOf(held) >= queue.redrive.maxReceiveCount) isAtLimit = true
        }
      }
    }
    await Promise.all(Array.from({ length: queue.fifo ? 1 : Math.min(lanes, Math.ceil(count / mostPerReceive)) }, lane))
    if (isAtLimit) return 'stopped: a message has used up the receives that its redrive policy allows'
    if (!isEmpty) return null
    const about = await this.countNow(queue)
    return about > 0 ? `about ${about} more did not come: others hold them, or SQS had them elsewhere` : 'all that came'
  }

  private async receive(queue: SqsQueue, count: number, seconds: number): Promise<readonly Message[]> {
    const { Messages = [] } = await this.context.line.ask(
      { action: 'ReceiveMessage', queue: queue.address.name },
      (sqs) =>
        sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: queue.url,
            MaxNumberOfMessages: count,
            VisibilityTimeout: seconds,
            // A short poll asks only some of SQS's servers, and may come back empty from a full queue.
            WaitTimeSeconds: 1,
            MessageSystemAttributeNames: ['All'],
            MessageAttributeNames: ['All'],
            ...(queue.fifo ? { ReceiveRequestAttemptId: randomUUID() } : {}),
          }),
        ),
    )
    return Messages
  }

  private async countNow({ url, address }: SqsQueue): Promise<number> {
    const { Attributes = {} } = await this.context.line.ask(
      { action: 'GetQueueAttributes', queue: address.name },
      (sqs) =>
        sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['ApproximateNumberOfMessages'] })),
    )
    return Number(Attributes.ApproximateNumberOfMessages ?? 0)
  }
}
