import { Failure } from '@shared/failure'
import { abilities, type Capabilities } from '@shared/model/capability'
import type { GroupPage } from '@shared/model/group'
import type { MessageDetail, MessagePage, MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { QueueSchedule } from '@shared/model/schedule'
import { asked, isUnknown } from '../../clients/asked'
import type { RedisClient } from '../../clients/redis'
import type { BrowseRequest, Found, GroupRequest, KeyFamily, Reading } from '../../reader'
import type { Edit, ItemOutcome, Outgoing, Remedies, Snapshot } from '../../remedies'
import { RedisDriver } from './driver'
import { groupPage } from './group-page'
import { inspect } from './inspection'
import { askedQueue, defaultPrefix, type QueueKeys, queueKeys, registryKey } from './keys'
import { locate } from './locating'
import { edit, remove, restore, snapshot } from './mending'
import { browse } from './paging'
import { QueueReading } from './reading'
import { scheduleOf } from './schedule-view'

/** The engine's own queues, for watching and mending. The client belongs to the caller. */
export class RedisReader implements Remedies {
  readonly layout = 'engine'
  /** Found by their registry; in a walk over all keys theirs are of no interest to anybody else. */
  readonly keys: KeyFamily = {
    sight: (key) => (this.prefixes.some((prefix) => key.startsWith(`${prefix}:`)) ? 'mine' : null),
    prove: async (candidates) => candidates.map(() => []),
  }
  private readonly reading: QueueReading
  private readonly drivers = new Map<string, RedisDriver>()

  constructor(
    private readonly redis: RedisClient,
    private readonly prefixes: readonly string[] = [defaultPrefix],
  ) {
    this.reading = new QueueReading(redis)
  }

  async discover(found: (queue: Found) => void, signal: AbortSignal): Promise<void> {
    for (const prefix of this.prefixes) {
      const seen = new Set<string>()
      let cursor = '0'
      do {
        signal.throwIfAborted()
        const [next, names] = await this.redis.sscan(registryKey(prefix), cursor, 'COUNT', 1_000)
        for (const name of names) {
          if (seen.has(name)) continue
          seen.add(name)
          found({ address: { layout: 'engine', prefix, name }, product: 'Engine', keyBase: `${prefix}:{${name}}:` })
        }
        cursor = next
      } while (cursor !== '0')
    }
  }

  read(queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
    return this.reading.read(queues)
  }

  browse(queue: QueueAddress, request: BrowseRequest): Promise<MessagePage> {
    return this.ask(queue, 'browse', (keys) => browse(this.redis, keys, request))
  }

  inspect(queue: QueueAddress, id: string): Promise<MessageDetail> {
    return this.ask(queue, 'inspect', (keys) => inspect(this.redis, keys, id))
  }

  states(queue: QueueAddress, ids: readonly string[]): Promise<readonly (MessageState | null)[]> {
    return this.ask(queue, 'states', async (keys) =>
      (await locate(this.redis, keys, ids)).map((row) => row?.state ?? null),
    )
  }

  capabilities(_queue: QueueAddress): Promise<Capabilities> {
    const yes = abilities.map((ability) => [ability, { answer: 'yes' }])
    return Promise.resolve(Object.fromEntries(yes) as Capabilities)
  }

  async schedules(queue: QueueAddress): Promise<readonly QueueSchedule[]> {
    return (await this.driver(queue).schedules.list(queue.name)).map(scheduleOf)
  }

  groups(queue: QueueAddress, request: GroupRequest): Promise<GroupPage> {
    return this.ask(queue, 'groups', (keys) => groupPage(this.redis, keys, request))
  }

  snapshot(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly Snapshot[]> {
    return this.ask(queue, 'snapshot', (keys) => snapshot(this.redis, keys, state, ids))
  }

  async replay(queue: QueueAddress, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    try {
      const moved = await this.driver(queue).replayIds(queue.name, ids)
      return ids.map((id, index) => ({ id, outcome: moved[index] ? 'applied' : 'gone' }))
    } catch (error) {
      if (!isUnknown(error)) throw error
      return ids.map((id) => ({ id, outcome: 'unknown', reason: error.message }))
    }
  }

  edit(queue: QueueAddress, change: Edit): Promise<ItemOutcome> {
    return this.ask(queue, 'edit', (keys) => edit(this.redis, keys, change))
  }

  remove(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    return this.ask(queue, 'remove', (keys) => remove(this.redis, keys, state, ids))
  }

  restore(queue: QueueAddress, snapshots: readonly Snapshot[]): Promise<readonly ItemOutcome[]> {
    return this.ask(queue, 'restore', (keys) => restore(this.redis, keys, snapshots))
  }

  async send(queue: QueueAddress, messages: readonly Outgoing[]): Promise<readonly string[]> {
    const outcomes = await this.driver(queue).enqueue(
      queue.name,
      messages.map(({ name, body, delayMs, priority, attributes, options }) => {
        const all = name === null ? attributes : { ...attributes, name }
        return {
          body,
          ...(delayMs > 0 ? { delayMs } : {}),
          ...(priority === null ? {} : { priority }),
          ...(options?.group ? { group: options.group } : {}),
          ...(Object.keys(all).length > 0 ? { attributes: all } : {}),
        }
      }),
    )
    return outcomes.map((each) => {
      if (each.outcome === 'failed') throw each.failure
      return each.id
    })
  }

  pause(queue: QueueAddress): Promise<void> {
    return this.driver(queue).setPaused(queue.name, true)
  }

  resume(queue: QueueAddress): Promise<void> {
    return this.driver(queue).setPaused(queue.name, false)
  }

  async close(): Promise<void> {
    await Promise.all([...this.drivers.values()].map((driver) => driver.close()))
    this.drivers.clear()
  }

  private driver({ prefix }: QueueAddress): RedisDriver {
    const known = this.drivers.get(prefix)
    if (known) return known
    const driver = new RedisDriver({
      redis: this.redis,
      connectAnother: () => {
        throw new Error('a console never waits for messages')
      },
      prefix,
      maxAttempts: () => {
        throw new Failure({ code: 'unsupported', message: 'A console leases nothing.' })
      },
    })
    this.drivers.set(prefix, driver)
    return driver
  }

  private ask<Answer>(
    { prefix, name }: QueueAddress,
    act: string,
    ask: (keys: QueueKeys) => Promise<Answer>,
  ): Promise<Answer> {
    const keys = queueKeys(prefix, name)
    return asked(this.redis, askedQueue(keys), act, () => ask(keys))
  }
}
