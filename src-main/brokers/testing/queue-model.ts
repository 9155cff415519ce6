import type { PurgeState, SettleOutcome } from '../driver'

/** A message as the model sees it; what it does not name (times, exact ids) the model does not decide. */
export interface ModelMessage {
  readonly id: string
  readonly priority: number
  readonly maxAttempts: number
  attempts: number
  body: string
}

/**
 * What a queue must do, in the plainest code that says it. No clock: a test decides when time has passed. Lists are in order,
 * next in line first; of `delayed` only the membership counts.
 */
export class QueueModel {
  readonly ready: ModelMessage[][] = Array.from({ length: 10 }, () => [])
  readonly delayed = new Map<string, ModelMessage>()
  /** Oldest death first. */
  readonly dead: ModelMessage[] = []
  readonly leases = new Map<string, { messages: ModelMessage[]; expired: boolean }>()
  paused = false
  enqueued = 0
  acked = 0
  died = 0
  replayed = 0

  enqueue(message: ModelMessage, later: boolean): void {
    this.enqueued++
    if (later) this.delayed.set(message.id, message)
    else this.list(message).push(message)
  }

  /** What a lease of `count` must hold. */
  next(count: number): readonly ModelMessage[] {
    return this.paused ? [] : this.ready.flat().slice(0, count)
  }

  lease(leaseId: string, count: number): void {
    const taken = this.next(count)
    for (const message of taken) this.take(this.list(message), message)
    this.leases.set(leaseId, { messages: [...taken], expired: false })
  }

  ack(leaseId: string, ids: readonly string[]): readonly SettleOutcome[] {
    return ids.map((id) => {
      if (!this.settle(leaseId, id)) return 'stale'
      this.acked++
      return 'applied'
    })
  }

  nack(leaseId: string, failures: readonly { readonly id: string; readonly to: 'ready' | 'delayed' | 'dead' }[]) {
    return failures.map(({ id, to }): SettleOutcome => {
      const message = this.settle(leaseId, id)
      if (!message) return 'stale'
      message.attempts++
      if (to === 'dead') this.bury(message)
      else if (to === 'ready') this.list(message).push(message)
      else this.delayed.set(id, message)
      return 'applied'
    })
  }

  /** `expired` in the order in which their time ran out. */
  recover(expired: readonly string[], limit: number): { readonly requeued: number; readonly died: number } {
    let room = limit
    const requeued: ModelMessage[] = []
    let died = 0
    for (const leaseId of expired) {
      if (room <= 0) break
      const lease = this.leases.get(leaseId)
      if (!lease) continue
      for (const message of lease.messages.slice(0, room)) {
        room--
        this.settle(leaseId, message.id)
        message.attempts++
        if (message.attempts >= message.maxAttempts) {
          this.bury(message)
          died++
        } else requeued.push(message)
      }
    }
    for (const message of [...requeued].reverse()) this.list(message).unshift(message)
    return { requeued: requeued.length, died }
  }

  /** Given the order that was chosen, since only the clock knows it. */
  promote(ids: readonly string[]): void {
    for (const id of ids) {
      const message = this.delayed.get(id)
      if (!message) throw new Error(`promoted ${id}, which was not delayed`)
      this.delayed.delete(id)
      this.list(message).push(message)
    }
  }

  replay(limit: number): number {
    const moved = this.dead.splice(0, limit)
    for (const message of moved) this.list(message).push(message)
    this.replayed += moved.length
    return moved.length
  }

  replayIds(ids: readonly string[]): readonly boolean[] {
    return ids.map((id) => {
      const message = this.dead.find((each) => each.id === id)
      if (!message) return false
      this.take(this.dead, message)
      this.list(message).push(message)
      this.replayed++
      return true
    })
  }

  purge(state: PurgeState): number {
    const counts = { ready: this.ready.flat().length, delayed: this.delayed.size, dead: this.dead.length }
    if (state === 'ready') for (const list of this.ready) list.length = 0
    else if (state === 'delayed') this.delayed.clear()
    else this.dead.length = 0
    return counts[state]
  }

  find(state: PurgeState, id: string): ModelMessage | undefined {
    if (state === 'delayed') return this.delayed.get(id)
    return (state === 'dead' ? this.dead : this.ready.flat()).find((message) => message.id === id)
  }

  remove(state: PurgeState, id: string): boolean {
    const message = this.find(state, id)
    if (!message) return false
    if (state === 'delayed') this.delayed.delete(id)
    else this.take(state === 'dead' ? this.dead : this.list(message), message)
    return true
  }

  private settle(leaseId: string, id: string): ModelMessage | undefined {
    const lease = this.leases.get(leaseId)
    const message = lease?.messages.find((each) => each.id === id)
    if (!lease || !message) return undefined
    this.take(lease.messages, message)
    if (lease.messages.length === 0) this.leases.delete(leaseId)
    return message
  }

  private bury(message: ModelMessage): void {
    message.attempts = 0
    this.died++
    this.dead.push(message)
  }

  private list(message: ModelMessage): ModelMessage[] {
    return this.ready[message.priority]!
  }

  private take(list: ModelMessage[], message: ModelMessage): void {
    list.splice(list.indexOf(message), 1)
  }
}
