import type { MessageState } from '@shared/model/message'
import type { PurgeState, SettleOutcome } from '../driver-messages'

/** A message as the model sees it; what it does not name (times, exact ids) the model does not decide. */
export interface ModelMessage {
  readonly id: string
  priority: number
  readonly group: string | null
  readonly ownId: string | null
  readonly maxAttempts: number
  attempts: number
  body: string
  /** Of the first of so many that may be kept as one: a lease of which half is filled may end before it. */
  readonly beginsParcelOf?: number
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
  /** Done and kept, oldest first. */
  readonly done: ModelMessage[] = []
  /** `holder` is in flight, or waits for its retry: none of the others may begin. */
  readonly groups = new Map<string, { readonly ready: ModelMessage[]; holder: ModelMessage | null }>()
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

  /** The message that exists under this own id. */
  withOwnId(ownId: string): ModelMessage | undefined {
    return this.all().find((message) => message.ownId === ownId)
  }

  /** What is wrong with a lease of `count` that took these; undefined where nothing is. */
  objection(count: number, taken: readonly string[]): string | undefined {
    if (this.paused) return taken.length > 0 ? 'leased while paused' : undefined
    const lists = this.ready.flat()
    const heads = [...this.groups.values()].flatMap(({ ready, holder }) => (holder || !ready[0] ? [] : [ready[0]]))
    const most = Math.min(count, lists.length + heads.length)
    const next = lists[taken.length]?.beginsParcelOf ?? 0
    const mayEnd = taken.length * 2 >= count && next > count - taken.length
    if (taken.length > most || (taken.length < most && !mayEnd)) return 'leased too few or too many'
    const fromGroups = taken.filter((id) => heads.some((head) => head.id === id))
    const fromLists = taken.filter((id) => !fromGroups.includes(id))
    if (
      fromLists.join() !==
      lists
        .slice(0, fromLists.length)
        .map(({ id }) => id)
        .join()
    )
      return 'not the first of the lists'
    const half = Math.floor(count / 2)
    if (fromLists.length < Math.min(half, lists.length)) return 'lists were passed over'
    if (fromGroups.length < Math.min(half, heads.length)) return 'groups were passed over'
    return undefined
  }

  lease(leaseId: string, ids: readonly string[]): void {
    const messages = ids.map((id) => this.find('ready', id)!)
    for (const message of messages) {
      this.take(this.list(message), message)
      if (message.group !== null) this.group(message.group).holder = message
    }
    this.leases.set(leaseId, { messages, expired: false })
  }

  /** `keep`: how many of the done are kept; 0 for none. */
  ack(leaseId: string, ids: readonly string[], keep: number): readonly SettleOutcome[] {
    return ids.map((id) => {
      const message = this.settle(leaseId, id)
      if (!message) return 'stale'
      this.acked++
      this.letGo(message)
      if (keep > 0) this.done.push(message)
      this.done.splice(0, keep > 0 ? Math.max(this.done.length - keep, 0) : 0)
      return 'applied'
    })
  }

  nack(leaseId: string, failures: readonly { readonly id: string; readonly to: 'ready' | 'delayed' | 'dead' }[]) {
    return failures.map(({ id, to }): SettleOutcome => {
      const message = this.settle(leaseId, id)
      if (!message) return 'stale'
      message.attempts++
      if (to === 'dead') this.bury(message)
      else if (to === 'ready') this.again(message)
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
    for (const message of [...requeued].reverse()) {
      this.letGo(message)
      this.list(message).unshift(message)
    }
    return { requeued: requeued.length, died }
  }

  /** Given the order that was chosen, since only the clock knows it. */
  promote(ids: readonly string[]): void {
    for (const id of ids) {
      const message = this.delayed.get(id)
      if (!message) throw new Error(`promoted ${id}, which was not delayed`)
      this.delayed.delete(id)
      if (message.group !== null && this.group(message.group).holder === message) this.again(message)
      else this.list(message).push(message)
    }
  }

  changePriority(id: string, priority: number): boolean {
    const message = this.find('ready', id) ?? this.delayed.get(id)
    if (!message || message.group !== null) return false
    const isListed = !this.delayed.has(id)
    if (isListed) this.take(this.list(message), message)
    message.priority = priority
    if (isListed) this.list(message).push(message)
    return true
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
    const gone = this.in(state)
    for (const { id } of gone) this.remove(state, id)
    return gone.length
  }

  find(state: PurgeState, id: string): ModelMessage | undefined {
    return this.in(state).find((message) => message.id === id)
  }

  remove(state: PurgeState, id: string): boolean {
    const message = this.find(state, id)
    if (!message) return false
    if (state === 'delayed') {
      this.delayed.delete(id)
      this.letGo(message)
    } else this.take(state === 'ready' ? this.list(message) : this[state], message)
    return true
  }

  all(): readonly ModelMessage[] {
    const leased = [...this.leases.values()].flatMap((lease) => lease.messages)
    return [...this.in('ready'), ...this.in('delayed'), ...this.dead, ...this.done, ...leased]
  }

  in(state: PurgeState): readonly ModelMessage[] {
    switch (state) {
      case 'ready':
        return [...this.ready.flat(), ...[...this.groups.values()].flatMap(({ ready }) => ready)]
      case 'delayed':
        return [...this.delayed.values()]
      case 'dead':
      case 'done':
        return [...this[state]]
    }
  }

  stateOf(id: string): MessageState | undefined {
    const sorted = (['ready', 'delayed', 'dead', 'done'] as const).find((state) => this.find(state, id))
    if (sorted) return sorted
    return [...this.leases.values()].some(({ messages }) => messages.some((each) => each.id === id))
      ? 'leased'
      : undefined
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
    this.letGo(message)
    this.died++
    this.dead.push(message)
  }

  /** A retry: the end of its list, or the head of its group, which it lets go. */
  private again(message: ModelMessage): void {
    this.letGo(message)
    if (message.group === null) this.list(message).push(message)
    else this.list(message).unshift(message)
  }

  private letGo(message: ModelMessage): void {
    if (message.group === null) return
    const group = this.group(message.group)
    if (group.holder === message) group.holder = null
  }

  list(message: ModelMessage): ModelMessage[] {
    return message.group === null ? this.ready[message.priority]! : this.group(message.group).ready
  }

  private group(name: string): { readonly ready: ModelMessage[]; holder: ModelMessage | null } {
    const known = this.groups.get(name) ?? { ready: [], holder: null }
    this.groups.set(name, known)
    return known
  }

  private take(list: ModelMessage[], message: ModelMessage): void {
    list.splice(list.indexOf(message), 1)
  }
}
