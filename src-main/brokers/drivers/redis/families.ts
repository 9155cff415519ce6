import type { ChildNotice, Families as FamiliesOfDriver } from '../../driver'
import { parentOfToken } from './meta'
import type { QueueAsker } from './queue-asker'
import { settleChildren } from './scripts/families'

/** Parents that wait for children: who is done is noted where the child was acked, and told to the parent's queue. */
export class Families implements FamiliesOfDriver {
  constructor(private readonly asker: QueueAsker) {}

  async notices(queue: string, limit: number): Promise<readonly ChildNotice[]> {
    const keys = this.asker.keysOf(queue)
    const found = await this.asker.ask(keys, 'read notices', () =>
      this.asker.redis.lrange(keys.notices, 0, Math.min(limit, 1_000) - 1),
    )
    return found.flatMap((receipt): ChildNotice[] => {
      const lineEnd = receipt.indexOf('\n')
      const parent = parentOfToken(receipt.slice(receipt.indexOf(' ') + 1, lineEnd))
      const result = receipt.slice(lineEnd + 1)
      return parent ? [{ receipt, parent, result: result === '' ? null : result }] : []
    })
  }

  async settle(queue: string, notices: readonly ChildNotice[]): Promise<void> {
    if (notices.length === 0) return
    const args = notices.flatMap(({ parent, result }) => [parent.id, parent.index, result ?? ''])
    await this.asker.runWhole(this.asker.keysOf(queue), 'settle children', settleChildren, args)
  }

  async forget(queue: string, notices: readonly ChildNotice[]): Promise<void> {
    const keys = this.asker.keysOf(queue)
    await this.asker.ask(keys, 'forget notices', () =>
      Promise.all(notices.map(({ receipt }) => this.asker.redis.lrem(keys.notices, 1, receipt))),
    )
  }

  async results(queue: string, parentId: string): Promise<ReadonlyMap<number, string | null>> {
    const keys = this.asker.keysOf(queue)
    return this.asker.ask(keys, 'read results of children', async () => {
      const count = await this.asker.redis.hget(keys.kids, parentId)
      const total = Number(count?.split('/')[1] ?? 0)
      if (total === 0) return new Map()
      const indexes = Array.from({ length: total }, (_, index) => index)
      const found = await this.asker.redis.hmget(keys.kids, ...indexes.map((index) => `${parentId} ${index}`))
      return new Map(
        indexes.flatMap((index): [number, string | null][] => {
          const result = found[index]
          return result === null || result === undefined ? [] : [[index, result === '' ? null : result]]
        }),
      )
    })
  }
}
