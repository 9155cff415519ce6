import { Deque } from './deque'
import type { SqsMessage } from './message'

/** The visible messages of a queue, in the order in which they are given out. */
export interface Line {
  /** A message became visible. */
  show(message: SqsMessage): void
  /** A message was hidden or is gone, other than by `take`. */
  leave(message: SqsMessage): void
  /** At most `count` visible messages; the caller changes their state, and calls `settle` when it has. */
  take(count: number): readonly SqsMessage[]
  /** After the states of what was taken have changed. */
  settle(taken: readonly SqsMessage[]): void
  clear(): void
}

/** Standard queues: first come, first served. What left is passed over when its turn comes. */
export class StandardLine implements Line {
  private readonly waiting = new Deque<{ readonly message: SqsMessage; readonly turn: number }>()

  show(message: SqsMessage): void {
    this.waiting.push({ message, turn: message.turn })
  }

  leave(): void {}

  take(count: number): readonly SqsMessage[] {
    const taken: SqsMessage[] = []
    while (taken.length < count) {
      const next = this.waiting.shift()
      if (!next) break
      if (next.message.state === 'visible' && next.message.turn === next.turn) taken.push(next.message)
    }
    return taken
  }

  settle(): void {}

  clear(): void {
    this.waiting.clear()
  }
}

interface Group {
  readonly id: string
  /** In the order sent; what is gone is dropped when it comes to the front. */
  readonly messages: Deque<SqsMessage>
  queued: boolean
}

/**
 * FIFO queues: a group gives out its messages from the front, as many as there is room for, and stops at the first one that
 * is not visible; so one in flight holds back all that were sent after it. A group that was served goes to the end.
 */
export class FifoLine implements Line {
  private readonly groups = new Map<string, Group>()
  private ready = new Deque<Group>()

  /** Told of every message once when it is sent, visible or not, so that its place is kept. */
  join(message: SqsMessage): void {
    const id = message.group ?? ''
    const group = this.groups.get(id) ?? { id, messages: new Deque<SqsMessage>(), queued: false }
    this.groups.set(id, group)
    group.messages.push(message)
  }

  show(message: SqsMessage): void {
    this.look(message)
  }

  leave(message: SqsMessage): void {
    this.look(message)
  }

  take(count: number): readonly SqsMessage[] {
    const taken: SqsMessage[] = []
    for (let left = this.ready.size; left > 0 && taken.length < count; left--) {
      const group = this.ready.shift()!
      group.queued = false
      this.dropGone(group)
      for (let at = 0; taken.length < count; at++) {
        const message = group.messages.at(at)
        if (message?.state === 'gone') continue
        if (message?.state !== 'visible') break
        taken.push(message)
      }
    }
    return taken
  }

  settle(taken: readonly SqsMessage[]): void {
    for (const message of taken) this.look(message)
  }

  clear(): void {
    this.groups.clear()
    this.ready = new Deque()
  }

  private look(message: SqsMessage): void {
    const group = this.groups.get(message.group ?? '')
    if (!group) return
    this.dropGone(group)
    const head = group.messages.at(0)
    if (!head) this.groups.delete(group.id)
    else if (head.state === 'visible' && !group.queued) {
      group.queued = true
      this.ready.push(group)
    }
  }

  private dropGone(group: Group): void {
    while (group.messages.at(0)?.state === 'gone') group.messages.shift()
  }
}
