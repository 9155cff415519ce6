import type { Clock } from '../../runtime/clock'
import { Deduplication } from './deduplication'
import { sha256 } from './digests'
import { invalidValue, SqsError } from './errors'
import { LongPolls } from './long-polls'
import type { NewSqsMessage, SqsMessage } from './message'
import type { MessageTerms } from './message-rules'
import { type Arrival, MessageStore } from './message-store'
import { isTrue, type QueueSettings, secondsOf } from './queue-settings'
import { receiptOf } from './receipt-handles'
import { ReceiveAttempts } from './receive-attempts'

/** Source: ChangeMessageVisibility. */
const longestVisibilityMs = 12 * 3_600_000
const purgeIntervalMs = 60_000

export interface Sent {
  readonly messageId: string
  readonly sequence: string | undefined
}

export interface ReceiveTerms {
  readonly count: number
  readonly visibilityMs: number
  /** Takes a message away that was received too often; false: it stays. */
  readonly redrive: (message: SqsMessage) => boolean
}

export interface QueueIdentity {
  readonly name: string
  readonly arn: string
  readonly fifo: boolean
  readonly clock: Clock
  /** Standard queues refuse more in flight with OverLimit, FIFO queues give nothing. */
  readonly mostInFlight: number
}

/** One queue: its settings, its messages, who waits for them, and the rules of standard and FIFO. */
export class Queue {
  readonly name: string
  readonly arn: string
  readonly fifo: boolean
  readonly createdAt: number
  readonly tags = new Map<string, string>()
  readonly polls: LongPolls
  readonly attempts = new ReceiveAttempts()
  settings: QueueSettings
  modifiedAt: number
  private readonly clock: Clock
  private readonly store: MessageStore
  private readonly dedup = new Deduplication()
  private purgedAt: number | undefined

  constructor(
    private readonly identity: QueueIdentity,
    settings: QueueSettings,
  ) {
    this.name = identity.name
    this.arn = identity.arn
    this.fifo = identity.fifo
    this.clock = identity.clock
    this.settings = settings
    this.createdAt = this.clock.now()
    this.modifiedAt = this.createdAt
    this.store = new MessageStore(this.fifo)
    this.polls = new LongPolls(this.clock, () => this.nextVisibleAt())
  }

  get terms(): MessageTerms {
    return {
      fifo: this.fifo,
      maximumMessageSize: secondsOf(this.settings, 'MaximumMessageSize'),
      contentBasedDeduplication: isTrue(this.settings, 'ContentBasedDeduplication'),
    }
  }

  count(state: 'delayed' | 'visible' | 'in flight'): number {
    this.catchUp()
    return this.store.count(state)
  }

  /** A duplicate within the deduplication interval is accepted, answered like the first, and not kept. */
  send(message: NewSqsMessage): Sent {
    const now = this.catchUp()
    const delayMs = message.delayMs ?? secondsOf(this.settings, 'DelaySeconds') * 1_000
    if (!this.fifo) return sentOf(this.put(message, { now, delayMs }))
    const dedupId = message.dedupId ?? sha256(message.body)
    const perGroup = this.settings.get('DeduplicationScope') === 'messageGroup'
    const key = perGroup ? `${message.group} ${dedupId}` : dedupId
    const before = this.dedup.find(key, now)
    if (before) return before
    const kept = this.put({ ...message, dedupId }, { now, delayMs })
    const sent = { messageId: kept.id, sequence: kept.sequence ?? '' }
    this.dedup.note(key, sent, now)
    return sent
  }

  /** What another queue hands over: visible at once, and no duplicate of anything. */
  accept(message: NewSqsMessage, arrival: Arrival): void {
    this.put(message, { now: this.catchUp(), delayMs: 0, arrival })
  }

  receive({ count, visibilityMs, redrive }: ReceiveTerms): readonly SqsMessage[] {
    const now = this.catchUp()
    const room = this.identity.mostInFlight - this.store.count('in flight')
    if (room <= 0 && !this.fifo) throw new SqsError('OverLimit', 'Too many messages in flight for this queue.')
    const received: SqsMessage[] = []
    for (;;) {
      const taken = this.store.take(Math.min(count, room) - received.length)
      if (taken.length === 0) break
      for (const message of taken) {
        if (redrive(message)) this.store.remove(message)
        else received.push(message)
      }
    }
    for (const message of received) {
      message.receiveCount++
      message.firstReceivedAt ??= now
      message.receivedAt = now
      message.receipt++
      this.hideFor(message, visibilityMs, now)
    }
    this.store.settle(received)
    return received
  }

  /** The same messages again, hidden anew, for a repeated ReceiveRequestAttemptId. */
  receiveAgain(messages: readonly SqsMessage[], visibilityMs: number): void {
    const now = this.catchUp()
    for (const message of messages) this.hideFor(message, visibilityMs, now)
    this.store.settle(messages)
  }

  /** Hands the next visible message over without its being received; `place` answers whether it was taken. */
  moveNext(place: (message: SqsMessage) => boolean): 'moved' | 'stays' | 'empty' {
    this.catchUp()
    const [message] = this.store.take(1)
    if (!message) return 'empty'
    const placed = place(message)
    if (placed) this.store.remove(message)
    else this.store.show(message)
    return placed ? 'moved' : 'stays'
  }

  /**
   * Standard: any handle of this queue is accepted, and only the last one of a message deletes it. FIFO: a handle is good
   * while the message is in flight under it.
   */
  delete(handle: string): void {
    const { messageId, number } = receiptOf(handle, this.arn)
    this.catchUp()
    const message = this.store.find(messageId)
    if (!message) return
    const current = message.receipt === number
    if (this.fifo && !(current && message.state === 'in flight')) throw expired(handle)
    if (!current) return
    this.store.remove(message)
    this.polls.changed()
  }

  changeVisibility(handle: string, visibilityMs: number): void {
    const { messageId, number } = receiptOf(handle, this.arn)
    const now = this.catchUp()
    const message = this.store.find(messageId)
    if (!message)
      throw invalidValue(
        handle,
        'ReceiptHandle',
        'Message does not exist or is not available for visibility timeout change.',
      )
    if (message.receipt !== number || message.state !== 'in flight') {
      if (this.fifo) throw expired(handle)
      throw new SqsError('MessageNotInflight', `The message referred to isn't in flight.`)
    }
    if (now - message.receivedAt + visibilityMs > longestVisibilityMs)
      throw invalidValue(
        visibilityMs / 1_000,
        'VisibilityTimeout',
        'Total VisibilityTimeout for the message is beyond the limit [43200 seconds].',
      )
    this.hideFor(message, visibilityMs, now)
    this.polls.changed()
  }

  /** All that is there, in flight and delayed included; once in 60 seconds. */
  purge(): void {
    const now = this.catchUp()
    if (this.purgedAt !== undefined && now - this.purgedAt < purgeIntervalMs)
      throw new SqsError(
        'PurgeQueueInProgress',
        `Only one PurgeQueue operation on ${this.name} is allowed every 60 seconds.`,
      )
    this.purgedAt = now
    this.store.clear()
    this.dedup.clear()
    this.attempts.clear()
  }

  catchUp(): number {
    const now = this.clock.now()
    this.store.catchUp(now, secondsOf(this.settings, 'MessageRetentionPeriod') * 1_000)
    return now
  }

  private nextVisibleAt(): number | undefined {
    return this.store.nextVisibleAt()
  }

  private put(message: NewSqsMessage, place: { now: number; delayMs: number; arrival?: Arrival }): SqsMessage {
    const kept = this.store.add(message, place)
    this.polls.changed()
    return kept
  }

  private hideFor(message: SqsMessage, visibilityMs: number, now: number): void {
    if (visibilityMs > 0) this.store.hide(message, 'in flight', now + visibilityMs)
    else this.store.show(message)
  }
}

const sentOf = ({ id, sequence }: SqsMessage): Sent => ({ messageId: id, sequence })

const expired = (handle: string) => invalidValue(handle, 'ReceiptHandle', 'The receipt handle has expired.')
