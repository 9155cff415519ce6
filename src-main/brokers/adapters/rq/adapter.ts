import type { Capabilities } from '@shared/model/capability'
import type { DetailSection } from '@shared/model/details'
import { layoutFacts } from '@shared/model/known-layouts'
import type { MessageDetail, MessagePage, MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { WorkerReport } from '@shared/model/worker'
import { type Clock, systemClock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import type { BrowseRequest, Found, KeyFamily, Reading } from '../../reader'
import type { ItemOutcome, Remedies, Snapshot } from '../../remedies'
import { askOne, buffersOf, listOf, textOf } from '../redis-asking'
import { assertAble } from '../refusals'
import { detailsOf } from './details'
import { listKey, prefix, queueOfList, queuesKey } from './keys'
import { deleteJobs, requeueJobs, restoreJobs } from './mending'
import { inspectJob } from './opened-job'
import { JobPages } from './pages'
import { readAll } from './reading'
import { takeSnapshots } from './snapshots'
import { standingsOf } from './standing'
import { versionsOf, workersOf } from './workers'

const mostQueues = 10_000

/**
 * RQ's queues, versions 1 to 3, by raw commands and own scripts that do what its own API does, but in one step each. Jobs are
 * pickled Python objects: their bytes are shown and moved, and never read. The client is the caller's.
 */
export class RqAdapter implements Remedies {
  readonly layout = 'rq'
  /** Found by their registry; in a walk over all keys theirs are of no interest to anybody else. */
  readonly keys: KeyFamily = {
    sight: (key) => (key.startsWith(`${prefix}:`) ? 'mine' : null),
    prove: async (candidates) => candidates.map(() => []),
  }
  private readonly clock: Clock
  private readonly pages: JobPages

  constructor(
    private readonly redis: RedisClient,
    { clock = systemClock }: { readonly clock?: Clock } = {},
  ) {
    this.clock = clock
    this.pages = new JobPages(redis, clock)
  }

  async discover(found: (queue: Found) => void, signal: AbortSignal): Promise<void> {
    const names = new Set<string>()
    let cursor = '0'
    do {
      const [next, members] = listOf(await askOne(this.redis, ['SSCAN', queuesKey, cursor, 'COUNT', 1_000]))
      for (const member of buffersOf(members)) {
        const name = queueOfList(member.toString('utf8'))
        if (name !== null) names.add(name)
      }
      cursor = textOf(next) ?? '0'
    } while (cursor !== '0' && names.size < mostQueues && !signal.aborted)
    if (names.size === 0) return
    const versions = await versionsOf(this.redis)
    const product = versions.length === 0 ? 'RQ, version unknown' : `RQ ${versions.join(' and ')}`
    for (const name of names) found({ address: { layout: 'rq', prefix, name }, product, ownKeys: [listKey(name)] })
  }

  read(queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
    return readAll(this.redis, queues, this.clock)
  }

  browse({ name }: QueueAddress, request: BrowseRequest): Promise<MessagePage> {
    return this.pages.of(name, request)
  }

  inspect({ name }: QueueAddress, id: string): Promise<MessageDetail> {
    return inspectJob(this.redis, { queue: name, id, clock: this.clock })
  }

  async states({ name }: QueueAddress, ids: readonly string[]): Promise<readonly (MessageState | null)[]> {
    return (await standingsOf(this.redis, name, ids)).map((standing) => standing?.state ?? null)
  }

  async capabilities(): Promise<Capabilities> {
    return layoutFacts.rq.abilities
  }

  details({ name }: QueueAddress): Promise<readonly DetailSection[]> {
    return detailsOf(this.redis, name, this.clock)
  }

  workers(): Promise<WorkerReport> {
    return workersOf(this.redis)
  }

  snapshot({ name }: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly Snapshot[]> {
    return takeSnapshots(this.redis, name, { state, ids })
  }

  replay({ name }: QueueAddress, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    return requeueJobs(this.redis, name, { ids, clock: this.clock })
  }

  async edit(queue: QueueAddress): Promise<ItemOutcome> {
    assertAble(layoutFacts.rq.abilities, 'edit', queue)
    throw new Error('RQ’s jobs were said to be editable')
  }

  async remove({ name }: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    if (state === 'leased') return ids.map((id) => ({ id, outcome: 'failed', reason: 'a worker holds it' }))
    return await deleteJobs(this.redis, name, { state, ids })
  }

  restore({ name }: QueueAddress, snapshots: readonly Snapshot[]): Promise<readonly ItemOutcome[]> {
    return restoreJobs(this.redis, name, snapshots)
  }

  async send(queue: QueueAddress): Promise<readonly string[]> {
    assertAble(layoutFacts.rq.abilities, 'send', queue)
    throw new Error('RQ’s jobs were said to be sendable')
  }

  async pause(queue: QueueAddress): Promise<void> {
    assertAble(layoutFacts.rq.abilities, 'pause', queue)
  }

  async resume(queue: QueueAddress): Promise<void> {
    assertAble(layoutFacts.rq.abilities, 'pause', queue)
  }
}
