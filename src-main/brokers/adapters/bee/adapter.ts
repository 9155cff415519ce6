import type { Capabilities } from '@shared/model/capability'
import type { DetailSection } from '@shared/model/details'
import { bee } from '@shared/model/layouts/bee'
import type { MessageDetail, MessagePage, MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import { type Clock, systemClock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import type { BrowseRequest, KeyFamily, Reading } from '../../reader'
import type { Edit, ItemOutcome, Outgoing, Remedies, Snapshot } from '../../remedies'
import { placesOf } from '../place-paging'
import { askAll, brokerTime, numberOf } from '../redis-asking'
import { assertAble } from '../refusals'
import { pageOfSet } from '../set-paging'
import { beeKeyFamily } from './discovery'
import { keysOf } from './keys'
import { type Located, locate } from './locating'
import { editJob, removeJobs, restoreJobs, retryJobs, sendJobs, takeSnapshots } from './mending'
import { readAll } from './reading'
import { inspectJob, summariesOf } from './rows'
import { homeOf } from './scripts'

/** bee-queue's queues. The client is the caller's: it is neither opened nor closed here. */
export class BeeAdapter implements Remedies {
  readonly layout = 'bee' as const
  readonly keys: KeyFamily
  private readonly clock: Clock

  constructor(
    private readonly redis: RedisClient,
    { clock = systemClock }: { readonly clock?: Clock } = {},
  ) {
    this.clock = clock
    this.keys = beeKeyFamily(redis)
  }

  /** bee-queue keeps no list of its queues: they are told by their keys. */
  async discover(): Promise<void> {}

  async read(queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
    return await readAll(this.redis, queues, this.clock)
  }

  async browse(queue: QueueAddress, { state, cursor, limit }: BrowseRequest): Promise<MessagePage> {
    const { places, nextCursor, total } = await this.page(queue, { state, cursor, limit })
    return { items: [...(await summariesOf(this.redis, queue, places))], nextCursor, total }
  }

  async inspect(queue: QueueAddress, id: string): Promise<MessageDetail> {
    return await inspectJob(this.redis, queue, id)
  }

  async states(queue: QueueAddress, ids: readonly string[]): Promise<readonly (MessageState | null)[]> {
    return (await locate(this.redis, queue, ids)).map((located) => located?.state ?? null)
  }

  capabilities(): Promise<Capabilities> {
    return Promise.resolve(bee.abilities)
  }

  async details(queue: QueueAddress): Promise<readonly DetailSection[]> {
    const keys = keysOf(queue)
    const answers = await askAll(this.redis, [
      ['HLEN', keys.jobs],
      ['SCARD', keys.stalling],
      ['PTTL', keys.stallBlock],
    ])
    const [jobs, stalling, blockMs] = answers.map((answer) => (answer.ok ? numberOf(answer.value) : null))
    const word = (value: number | null | undefined) => (value == null ? null : String(value))
    return [
      {
        title: 'Jobs',
        note: 'Every job of the queue stands in one hash; the lists and sets hold ids.',
        facts: [
          { name: 'Jobs in the hash', value: word(jobs) },
          { name: 'Key prefix', value: keys.base },
        ],
      },
      {
        title: 'Stalled jobs',
        note: 'Workers look every stall interval, and put back what nobody has spoken for since the look before.',
        facts: [
          { name: 'Active at the last look', value: word(stalling) },
          {
            name: 'Next look',
            value: blockMs == null ? null : blockMs > 0 ? `in ${blockMs} ms` : 'no worker has looked lately',
          },
        ],
      },
    ]
  }

  async snapshot(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly Snapshot[]> {
    return await takeSnapshots(this.redis, { queue, state, ids })
  }

  async replay(queue: QueueAddress, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    return await retryJobs(this.redis, queue, ids)
  }

  async edit(queue: QueueAddress, edit: Edit): Promise<ItemOutcome> {
    return await editJob(this.redis, queue, edit)
  }

  async remove(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    if (state === 'leased') return ids.map((id) => ({ id, outcome: 'failed', reason: 'a worker holds it' }))
    return await removeJobs(this.redis, { queue, state, ids })
  }

  async restore(queue: QueueAddress, snapshots: readonly Snapshot[]): Promise<readonly ItemOutcome[]> {
    return await restoreJobs(this.redis, queue, snapshots)
  }

  async send(queue: QueueAddress, messages: readonly Outgoing[]): Promise<readonly string[]> {
    return await sendJobs(this.redis, { queue, messages, now: await brokerTime(this.redis, this.clock) })
  }

  async pause(queue: QueueAddress): Promise<void> {
    assertAble(await this.capabilities(), 'pause', queue)
  }

  async resume(queue: QueueAddress): Promise<void> {
    assertAble(await this.capabilities(), 'pause', queue)
  }

  private async page(
    queue: QueueAddress,
    { state, cursor, limit }: BrowseRequest,
  ): Promise<{ readonly places: readonly Located[]; readonly nextCursor: string | null; readonly total: number }> {
    const home = homeOf[state]
    const key = keysOf(queue)[home]
    if (home === 'failed' || home === 'succeeded') {
      const { ids, ...page } = await pageOfSet(this.redis, key, { cursor, limit })
      return { ...page, places: ids.map((id) => ({ id, state, dueAt: null })) }
    }
    const segments = [{ name: home, key, kind: home === 'delayed' ? 'sorted' : 'list' }] as const
    const { places, ...page } = await placesOf(this.redis, { segments, cursor, limit })
    return { ...page, places: places.map(({ id, score }) => ({ id, state, dueAt: score })) }
  }
}
