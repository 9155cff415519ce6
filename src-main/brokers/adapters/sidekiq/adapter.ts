import { Failure } from '@shared/failure'
import type { Capabilities, Capability } from '@shared/model/capability'
import type { DetailSection } from '@shared/model/details'
import { layoutFacts } from '@shared/model/known-layouts'
import type { MessageDetail, MessagePage, MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { WorkerReport } from '@shared/model/worker'
import { type Clock, systemClock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import type { BrowseRequest, Found, KeyFamily, Reading } from '../../reader'
import type { Edit, ItemOutcome, Outgoing, Remedies, Snapshot } from '../../remedies'
import { assertAble } from '../refusals'
import { BusyJobs } from './busy'
import { detailsOf } from './details'
import { installationAt } from './discovery'
import { FollowedJobs } from './following'
import { JobPages } from './job-pages'
import { namespaceOf, type SetName, setOf } from './keys'
import { JobLocator } from './locating'
import { editJob, type Mending, removeJobs, replayJobs, restoreJobs } from './mending'
import { placeOf } from './places'
import { readAll } from './reading'
import { SeenJobs } from './seen-jobs'
import { sendJobs } from './sending'
import { takeSnapshots } from './snapshots'
import { statesOf, whereIs } from './standing'
import { workersOf } from './workers'

export interface SidekiqOptions {
  readonly clock?: Clock
  /** Of redis-namespace, where they are known: their queues are found even where SCAN is denied. */
  readonly namespaces?: readonly string[]
  /** How old what processes tell may be, for figures; milliseconds. */
  readonly busyEveryMs?: number
}

/**
 * Sidekiq's queues and its three sets, versions 4 to 8, by raw commands and own scripts that do what its own API does, but in one
 * step each. The client is the caller's: it is neither opened nor closed here.
 */
export class SidekiqAdapter implements Remedies {
  readonly layout = 'sidekiq'
  readonly keys: KeyFamily
  private readonly clock: Clock
  private readonly prefixes: Set<string>
  private readonly busy: BusyJobs
  private readonly pages: JobPages
  private readonly mending: Mending

  constructor(
    private readonly redis: RedisClient,
    { clock = systemClock, namespaces = [], busyEveryMs }: SidekiqOptions = {},
  ) {
    this.clock = clock
    this.prefixes = new Set(['', ...namespaces])
    this.busy = new BusyJobs(redis, clock, busyEveryMs)
    const seen = new SeenJobs()
    const followed = new FollowedJobs(redis, this.busy, clock)
    this.pages = new JobPages(seen)
    this.mending = { redis, clock, followed, locator: new JobLocator(redis, seen, followed) }
    this.keys = {
      sight: (key) => {
        const namespace = namespaceOf(key)
        return namespace === null ? null : { candidate: namespace }
      },
      prove: (candidates) => Promise.all(candidates.map((namespace) => this.installation(namespace))),
    }
  }

  /** What has no namespace, or one that is known; the others are told by their keys. */
  async discover(found: (queue: Found) => void, signal: AbortSignal): Promise<void> {
    for (const prefix of this.prefixes) {
      if (signal.aborted) return
      for (const queue of await this.installation(prefix)) found(queue)
    }
  }

  read(queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
    return readAll(this.redis, queues, { busy: this.busy, clock: this.clock })
  }

  async browse(queue: QueueAddress, { state, cursor, limit }: BrowseRequest): Promise<MessagePage> {
    const place = placeOf(this.redis, queue, state)
    if (place) return await this.pages.of(place, { cursor, limit })
    if (state === 'leased' && !setOf(queue)) return await this.busy.page(queue.prefix, queue.name, { cursor, limit })
    return { items: [], nextCursor: null, total: 0 }
  }

  async inspect(queue: QueueAddress, id: string): Promise<MessageDetail> {
    const detail = await whereIs(this.standing, queue, id)
    if (detail) return detail
    throw new Failure({ code: 'gone', message: `the job ${id} is not in ${queue.name} any more`, subject: id })
  }

  states(queue: QueueAddress, ids: readonly string[]): Promise<readonly (MessageState | null)[]> {
    return statesOf(this.standing, queue, ids)
  }

  async capabilities(queue: QueueAddress): Promise<Capabilities> {
    const { abilities } = layoutFacts.sidekiq
    const set = setOf(queue)
    return set ? { ...abilities, replay: replayOfSet[set], send: setsTakeNone } : { ...abilities, replay: noneIsDead }
  }

  details(queue: QueueAddress): Promise<readonly DetailSection[]> {
    return detailsOf(this.redis, queue, this.clock)
  }

  workers(): Promise<WorkerReport> {
    return workersOf(this.redis, { prefixes: [...this.prefixes], clock: this.clock })
  }

  snapshot(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly Snapshot[]> {
    return takeSnapshots(this.mending.locator, queue, { state, ids })
  }

  async replay(queue: QueueAddress, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    assertAble(await this.capabilities(queue), 'replay', queue)
    return await replayJobs(this.mending, queue, ids)
  }

  edit(queue: QueueAddress, edit: Edit): Promise<ItemOutcome> {
    return editJob(this.mending, queue, edit)
  }

  async remove(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    if (state === 'leased') return ids.map((id) => ({ id, outcome: 'failed', reason: 'a worker holds it' }))
    return await removeJobs(this.mending, queue, { state, ids })
  }

  restore(queue: QueueAddress, snapshots: readonly Snapshot[]): Promise<readonly ItemOutcome[]> {
    return restoreJobs(this.mending, queue, snapshots)
  }

  async send(queue: QueueAddress, messages: readonly Outgoing[]): Promise<readonly string[]> {
    assertAble(await this.capabilities(queue), 'send', queue)
    return await sendJobs(this.mending, queue, messages)
  }

  async pause(queue: QueueAddress): Promise<void> {
    assertAble(await this.capabilities(queue), 'pause', queue)
  }

  async resume(queue: QueueAddress): Promise<void> {
    assertAble(await this.capabilities(queue), 'pause', queue)
  }

  private get standing() {
    const { redis, busy } = this
    return { redis, busy, followed: this.mending.followed, locator: this.mending.locator }
  }

  private async installation(prefix: string): Promise<readonly Found[]> {
    const queues = await installationAt(this.redis, prefix, this.clock)
    if (queues.length > 0) this.prefixes.add(prefix)
    return queues
  }
}

/** In the words of Sidekiq's own pages. */
const replayOfSet: Readonly<Record<SetName, Capability>> = {
  'dead set': { answer: 'yes' },
  'retry set': { answer: 'yes', from: ['delayed'], verb: 'Retry now' },
  'scheduled set': { answer: 'yes', from: ['delayed'], verb: 'Add to queue' },
}

const setsTakeNone: Capability = {
  answer: 'no',
  reason: 'jobs are sent to a queue; Sidekiq itself moves them into this set',
}

const noneIsDead: Capability = {
  answer: 'no',
  reason: 'the dead jobs of all queues stand in the dead set, and those that will be retried in the retry set',
}
