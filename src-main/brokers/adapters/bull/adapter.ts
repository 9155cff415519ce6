import type { Capabilities, Capability } from '@shared/model/capability'
import type { DetailSection } from '@shared/model/details'
import { bull } from '@shared/model/layouts/bull'
import type { MessageDetail, MessagePage, MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { QueueSchedule } from '@shared/model/schedule'
import type { WorkerReport } from '@shared/model/worker'
import { type Clock, systemClock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import type { BrowseRequest, KeyFamily, Reading } from '../../reader'
import type { Edit, ItemOutcome, Outgoing, Remedies, Snapshot } from '../../remedies'
import { evidenceOf, sharedKeysWarning } from '../bull-evidence'
import { inspectJob } from '../bull-job-detail'
import { editJob } from '../bull-job-edit'
import { summariesOf } from '../bull-job-rows'
import { bullWorkers, decodedName } from '../bull-workers'
import { placesOf } from '../place-paging'
import { brokerTime } from '../redis-asking'
import { assertAble } from '../refusals'
import { detailsOf } from './details'
import { bullKeyFamily } from './discovery'
import { baseOf, jobKeyOf } from './keys'
import { locate, segmentsOf } from './locating'
import { removeJobs, replayJobs, setPaused } from './mending'
import { readAll } from './reading'
import { schedulesOf } from './schedules'
import { sendJobs } from './sending'
import { restoreJobs, takeSnapshots } from './snapshots'

/**
 * Bull 4's queues, by raw reads and by the library's own scripts for every change. The client is the caller's: it is neither opened
 * nor closed here.
 */
export class BullAdapter implements Remedies {
  readonly layout = 'bull' as const
  readonly keys: KeyFamily
  private readonly clock: Clock

  constructor(
    private readonly redis: RedisClient,
    { clock = systemClock, prefixes = [] }: { readonly clock?: Clock; readonly prefixes?: readonly string[] } = {},
  ) {
    this.clock = clock
    this.keys = bullKeyFamily(redis, prefixes)
  }

  /** Bull keeps no list of its queues: they are told by their keys. */
  async discover(): Promise<void> {}

  async read(queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
    return await readAll(this.redis, queues, this.clock)
  }

  async browse(queue: QueueAddress, { state, cursor, limit }: BrowseRequest): Promise<MessagePage> {
    const { places, nextCursor, total } = await placesOf(this.redis, {
      segments: segmentsOf(queue, state),
      cursor,
      limit,
    })
    return { items: [...(await summariesOf(this.redis, { base: baseOf(queue), state, places }))], nextCursor, total }
  }

  async inspect(queue: QueueAddress, id: string): Promise<MessageDetail> {
    const locateIt = async () => (await locate(this.redis, queue, [id]))[0] ?? null
    return await inspectJob(this.redis, { id, job: jobKeyOf(queue, id), locate: locateIt })
  }

  async states(queue: QueueAddress, ids: readonly string[]): Promise<readonly (MessageState | null)[]> {
    return (await locate(this.redis, queue, ids)).map((located) => located?.state ?? null)
  }

  async capabilities(queue: QueueAddress): Promise<Capabilities> {
    const [evidence] = await evidenceOf(this.redis, [baseOf(queue).slice(0, -1)])
    if (!evidence?.isBullmq) return bull.abilities
    const no: Capability = { answer: 'no', reason: sharedKeysWarning }
    return { replay: no, edit: no, discard: no, purge: no, restore: no, send: no, pause: no }
  }

  async schedules(queue: QueueAddress): Promise<readonly QueueSchedule[]> {
    return await schedulesOf(this.redis, queue)
  }

  async details(queue: QueueAddress): Promise<readonly DetailSection[]> {
    return await detailsOf(this.redis, queue)
  }

  async workers(): Promise<WorkerReport> {
    return await bullWorkers(this.redis, {
      layout: this.layout,
      clock: this.clock,
      parse(name) {
        const cut = name.lastIndexOf(':')
        const queue = cut > 0 ? decodedName(name.slice(cut + 1)) : null
        return queue === null ? null : { prefix: name.slice(0, cut), queue, label: null }
      },
      isOurs: ({ isBull }) => isBull,
    })
  }

  async snapshot(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly Snapshot[]> {
    return await takeSnapshots(this.redis, { queue, state, ids })
  }

  async replay(queue: QueueAddress, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    assertAble(await this.capabilities(queue), 'replay', queue)
    return await replayJobs(this.redis, { queue, ids, now: await brokerTime(this.redis, this.clock) })
  }

  async edit(queue: QueueAddress, edit: Edit): Promise<ItemOutcome> {
    assertAble(await this.capabilities(queue), 'edit', queue)
    return await editJob(this.redis, { base: baseOf(queue), product: 'Bull', edit })
  }

  async remove(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    assertAble(await this.capabilities(queue), 'discard', queue)
    if (state === 'leased') return ids.map((id) => ({ id, outcome: 'failed', reason: 'a worker holds it' }))
    return await removeJobs(this.redis, { queue, state, ids })
  }

  async restore(queue: QueueAddress, snapshots: readonly Snapshot[]): Promise<readonly ItemOutcome[]> {
    assertAble(await this.capabilities(queue), 'restore', queue)
    return await restoreJobs(this.redis, queue, snapshots)
  }

  async send(queue: QueueAddress, messages: readonly Outgoing[]): Promise<readonly string[]> {
    assertAble(await this.capabilities(queue), 'send', queue)
    return await sendJobs(this.redis, { queue, messages, now: await brokerTime(this.redis, this.clock) })
  }

  async pause(queue: QueueAddress): Promise<void> {
    assertAble(await this.capabilities(queue), 'pause', queue)
    await setPaused(this.redis, queue, true)
  }

  async resume(queue: QueueAddress): Promise<void> {
    assertAble(await this.capabilities(queue), 'pause', queue)
    await setPaused(this.redis, queue, false)
  }
}
