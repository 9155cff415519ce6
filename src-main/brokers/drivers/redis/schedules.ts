import { runTransaction } from '../../clients/transaction'
import type { Schedules as SchedulesOfDriver, StoredSchedule } from '../../driver'
import type { NewMessage } from '../../driver-messages'
import { enqueueAnswers, enqueueArgs } from './enqueue'
import type { QueueKeys } from './keys'
import { refusal } from './new-message'
import type { QueueAsker } from './queue-asker'
import { fire } from './scripts/enqueue'

/** Read at once; a queue has tens of schedules, not thousands. */
const mostListed = 1_000

/** Schedules of a queue: definitions in a hash, their next times in a sorted set. */
export class Schedules implements SchedulesOfDriver {
  constructor(private readonly asker: QueueAsker) {}

  async put(queue: string, { key, nextAt, definition }: StoredSchedule): Promise<void> {
    const keys = this.asker.keysOf(queue)
    await this.asker.ask(keys, 'put a schedule', async () => {
      await this.asker.register(keys)
      await runTransaction(this.asker.redis, [
        ['hset', keys.schedules, key, definition],
        ['zadd', keys.ticks, nextAt, key],
      ])
    })
  }

  async remove(queue: string, key: string): Promise<boolean> {
    const keys = this.asker.keysOf(queue)
    return this.asker.ask(keys, 'remove a schedule', async () => {
      const write = this.asker.redis.multi().hdel(keys.schedules, key).zrem(keys.ticks, key)
      const [removed] = (await write.exec()) ?? []
      return removed?.[1] === 1
    })
  }

  async list(queue: string): Promise<readonly StoredSchedule[]> {
    const keys = this.asker.keysOf(queue)
    return this.asker.ask(keys, 'list schedules', () => this.range(keys, '+inf', mostListed))
  }

  async due(queue: string, limit: number) {
    const keys = this.asker.keysOf(queue)
    return this.asker.ask(keys, 'look for due schedules', async () => {
      const [seconds, micros] = await this.asker.redis.time()
      const now = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
      const [due, nearest] = await Promise.all([
        this.range(keys, String(now), limit),
        this.asker.redis.zrangebyscore(keys.ticks, `(${now}`, '+inf', 'WITHSCORES', 'LIMIT', 0, 1),
      ])
      return { due, now, nextAt: nearest[1] === undefined ? null : Number(nearest[1]) }
    })
  }

  async fire(
    queue: string,
    tick: {
      readonly key: string
      readonly expectedAt: number
      readonly nextAt: number | null
      readonly messages: readonly NewMessage[]
    },
  ): Promise<{ readonly fired: boolean; readonly ids: readonly string[] }> {
    for (const message of tick.messages) {
      const refused = refusal(queue, message)
      if (refused) throw refused
    }
    const reply = await this.asker.runWhole(this.asker.keysOf(queue), 'fire a schedule', fire, [
      tick.key,
      tick.expectedAt,
      tick.nextAt ?? '',
      ...enqueueArgs(tick.messages),
    ])
    if (reply === 0) return { fired: false, ids: [] }
    return { fired: true, ids: enqueueAnswers(reply).flatMap((each) => (each.outcome === 'failed' ? [] : [each.id])) }
  }

  private async range(keys: QueueKeys, until: string, limit: number): Promise<readonly StoredSchedule[]> {
    const found = await this.asker.redis.zrangebyscore(keys.ticks, '-inf', until, 'WITHSCORES', 'LIMIT', 0, limit)
    const names = found.filter((_, index) => index % 2 === 0)
    if (names.length === 0) return []
    const definitions = await this.asker.redis.hmget(keys.schedules, ...names)
    return names.flatMap((key, index) => {
      const definition = definitions[index]
      return definition ? [{ key, nextAt: Number(found[2 * index + 1]), definition }] : []
    })
  }
}
