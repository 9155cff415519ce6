import { runScript } from '../../clients/script'
import { defaultPriority, type QueueKeys } from './keys'
import type { QueueAsker } from './queue-asker'
import { reserve } from './scripts/plain-enqueue'

/** An id carries the time at which it was given: one that was kept back longer would lie about it. Milliseconds. */
const freshForMs = 2

/**
 * Ids that were asked for ahead, so that a batch can travel as plain commands. They are used within two milliseconds or not
 * at all: ids that are never used are no loss.
 */
export class ReservedIds {
  private readonly blocks = new Map<
    string,
    { readonly first: string; readonly count: number; readonly until: number }[]
  >()

  constructor(
    private readonly asker: QueueAsker,
    /** Milliseconds that never go backwards. */
    private readonly elapsed: () => number,
  ) {}

  /** The first of `count` ids that are fresh, if any are at hand. */
  atHand(keys: QueueKeys, count: number): string | undefined {
    const blocks = this.blocks.get(keys.name)
    if (!blocks) return undefined
    const now = this.elapsed()
    for (let block = blocks.shift(); block; block = blocks.shift())
      if (block.until >= now && block.count >= count) return block.first
    return undefined
  }

  /** Asks for `count` ids now and answers the first. */
  async take(keys: QueueKeys, count: number): Promise<string> {
    const names = [keys.state, keys.payload, keys.wake, keys.ready[defaultPriority]!]
    return String(await runScript(this.asker.redis, reserve, names, [count]))
  }

  /** Asks for `count` ids for a batch to come. Whether they arrive does not matter to anybody. */
  prepare(keys: QueueKeys, count: number): void {
    this.take(keys, count).then(
      (first) => {
        const blocks = this.blocks.get(keys.name) ?? []
        this.blocks.set(keys.name, blocks)
        blocks.push({ first, count, until: this.elapsed() + freshForMs })
      },
      () => {},
    )
  }
}
