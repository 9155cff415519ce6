import { systemClock } from '../../runtime/clock'

/** Those who wait for one and the same news, which one blocked connection hears for all of them. */
export class Waiters {
  private readonly waiting = new Set<() => void>()

  constructor(
    /** The last one has left: nothing need be listened for any more. */
    private readonly left: () => void,
  ) {}

  get size(): number {
    return this.waiting.size
  }

  /** Resolves on `wakeAll`, after `waitMs`, or on abort: the caller looks for itself in any case. `listen` is called once it waits. */
  async wait(waitMs: number, signal: AbortSignal, listen: () => void): Promise<void> {
    if (signal.aborted || waitMs <= 0) return
    await new Promise<void>((resolve) => {
      const done = () => {
        cancel()
        this.waiting.delete(done)
        signal.removeEventListener('abort', aborted)
        resolve()
      }
      const aborted = () => {
        done()
        if (this.waiting.size === 0) this.left()
      }
      // What is listened for may have been asked by another, for longer.
      const cancel = systemClock.after(waitMs, done)
      signal.addEventListener('abort', aborted, { once: true })
      this.waiting.add(done)
      listen()
    })
  }

  wakeAll(): void {
    for (const wake of [...this.waiting]) wake()
  }
}
