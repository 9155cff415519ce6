/** What one group of consumers must do with a stream, in the plainest code that says it. No clock: a test decides what is due. */
export class GroupModel {
  /** In the order of the stream. */
  readonly fresh: string[] = []
  /** Ready once more, first in line first. */
  readonly again: string[] = []
  /** Retries that wait, in the order in which they failed. */
  readonly delayed: string[] = []
  /** Oldest death first. */
  readonly dead: string[] = []
  readonly leases = new Map<string, string[]>()
  readonly attempts = new Map<string, number>()
  readonly replays = new Map<string, number>()
  paused = false
  acked = 0
  died = 0
  replayed = 0
  failed = 0

  constructor(private readonly maxAttempts: number) {}

  next(count: number): readonly string[] {
    return this.paused ? [] : [...this.again, ...this.fresh].slice(0, count)
  }

  lease(leaseId: string, count: number): void {
    const taken = this.next(count)
    for (const message of taken) this.leave(message)
    if (taken.length > 0) this.leases.set(leaseId, [...taken])
  }

  ack(leaseId: string, message: string): boolean {
    if (!this.settle(leaseId, message)) return false
    this.acked++
    this.forget(message)
    return true
  }

  nack(leaseId: string, message: string, to: 'again' | 'delayed' | 'dead'): boolean {
    if (!this.settle(leaseId, message)) return false
    this.attempts.set(message, this.attemptsOf(message) + 1)
    this.failed++
    if (to === 'dead') this.die(message)
    else this[to].push(message)
    return true
  }

  /** Messages in the order of the stream. */
  expire(leaseId: string): void {
    for (const message of this.leases.get(leaseId) ?? []) {
      this.failed++
      this.attempts.set(message, this.attemptsOf(message) + 1)
      if (this.attemptsOf(message) >= this.maxAttempts) this.die(message)
      else this.again.push(message)
    }
    this.leases.delete(leaseId)
  }

  ripen(): void {
    this.again.push(...this.delayed.splice(0))
  }

  replay(messages: readonly string[]): readonly boolean[] {
    return messages.map((message) => {
      if (!this.dead.includes(message)) return false
      this.leave(message)
      this.attempts.set(message, 0)
      this.replays.set(message, (this.replays.get(message) ?? 0) + 1)
      this.replayed++
      this.again.push(message)
      return true
    })
  }

  stateOf(message: string): 'fresh' | 'again' | 'delayed' | 'dead' | 'held' | undefined {
    for (const state of ['fresh', 'again', 'delayed', 'dead'] as const) if (this[state].includes(message)) return state
    return [...this.leases.values()].flat().includes(message) ? 'held' : undefined
  }

  /** Out of whatever line it stands in. */
  leave(message: string): void {
    for (const line of [this.fresh, this.again, this.delayed, this.dead]) {
      const at = line.indexOf(message)
      if (at >= 0) line.splice(at, 1)
    }
  }

  remove(message: string): void {
    this.leave(message)
    this.forget(message)
  }

  attemptsOf(message: string): number {
    return this.attempts.get(message) ?? 0
  }

  private settle(leaseId: string, message: string): boolean {
    const held = this.leases.get(leaseId)
    const at = held?.indexOf(message) ?? -1
    if (!held || at < 0) return false
    held.splice(at, 1)
    if (held.length === 0) this.leases.delete(leaseId)
    return true
  }

  private die(message: string): void {
    this.died++
    this.dead.push(message)
  }

  private forget(message: string): void {
    this.attempts.delete(message)
    this.replays.delete(message)
  }
}
