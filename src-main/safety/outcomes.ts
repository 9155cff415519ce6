import type { QueueAddress } from '@shared/model/queue'
import type { Reader } from '../brokers/reader'

/** What became of replayed messages. */
export interface OutcomeCounts {
  readonly succeeded: number
  readonly diedAgain: number
  readonly waiting: number
}

/** Asked about at once, at most. */
const askRows = 1_000

/**
 * Follows replayed messages by asking where they stand: gone or done means that a worker finished them, dead means that
 * they died again, anything else that they are on their way.
 */
export class Outcomes {
  private readonly waiting = new Set<string>()
  private succeeded = 0
  private diedAgain = 0

  constructor(
    private readonly reader: () => Reader,
    private readonly queue: QueueAddress,
  ) {}

  add(ids: readonly string[]): void {
    for (const id of ids) this.waiting.add(id)
  }

  get counts(): OutcomeCounts {
    return { succeeded: this.succeeded, diedAgain: this.diedAgain, waiting: this.waiting.size }
  }

  /** Of those whose outcome is known, the share that died again; 0 while nothing is known. */
  get diedShare(): number {
    const known = this.succeeded + this.diedAgain
    return known === 0 ? 0 : this.diedAgain / known
  }

  /** One bounded question about those that have waited longest. */
  async refresh(): Promise<void> {
    const ids = [...this.waiting].slice(0, askRows)
    if (ids.length === 0) return
    const states = await this.reader().states(this.queue, ids)
    ids.forEach((id, index) => {
      const state = states[index]
      this.waiting.delete(id)
      if (state === 'dead') this.diedAgain += 1
      else if (state === null || state === 'done') this.succeeded += 1
      else this.waiting.add(id)
    })
  }
}
