import type { Cancel, Clock } from '../../runtime/clock'

interface Poll {
  /** Tries to receive; true when it has an answer. */
  readonly attempt: () => boolean
  readonly end: (timedOut: boolean) => void
  readonly cancelDeadline: Cancel
}

/**
 * Receives that wait. Each is tried again, the oldest first, when a message comes, is shown or unblocks a group, and when a
 * hidden one becomes visible; for the latter there is one timer, and only while somebody waits.
 */
export class LongPolls {
  private readonly polls = new Set<Poll>()
  private cancelWake: Cancel | undefined

  constructor(
    private readonly clock: Clock,
    private readonly nextVisibleAt: () => number | undefined,
  ) {}

  get size(): number {
    return this.polls.size
  }

  /** Resolves when `attempt` succeeds, after `waitMs`, or when the asker has gone away. */
  wait(waitMs: number, attempt: () => boolean, gone: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        poll.cancelDeadline()
        gone.removeEventListener('abort', end)
        this.polls.delete(poll)
        this.arm()
        resolve()
      }
      const poll: Poll = { attempt, end, cancelDeadline: this.clock.after(waitMs, end) }
      gone.addEventListener('abort', end, { once: true })
      this.polls.add(poll)
      if (gone.aborted) end()
      this.arm()
    })
  }

  changed(): void {
    for (const poll of [...this.polls]) if (poll.attempt()) poll.end(false)
    this.arm()
  }

  /** Ends all without an answer: the queue is gone, or the server stops. */
  stop(): void {
    for (const poll of [...this.polls]) poll.end(true)
  }

  private arm(): void {
    this.cancelWake?.()
    this.cancelWake = undefined
    const at = this.polls.size > 0 ? this.nextVisibleAt() : undefined
    if (at !== undefined) this.cancelWake = this.clock.after(at - this.clock.now(), () => this.changed())
  }
}
