import { Failure } from '@shared/failure'
import type { Capabilities, Capability } from '@shared/model/capability'
import type { DetailSection } from '@shared/model/details'
import type { MessageDetail, MessagePage, MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { QueueSchedule } from '@shared/model/schedule'
import type { WorkerReport } from '@shared/model/worker'
import { type Clock, systemClock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import type { BrowseRequest, Found, KeyFamily, Reading } from '../../reader'
import type { Edit, ItemOutcome, Outgoing, Remedies, Snapshot } from '../../remedies'
import { inspectJob } from '../bull-job-detail'
import { editJob } from '../bull-job-edit'
import { summariesOf } from '../bull-job-rows'
import { bullWorkers, decodedName, type WorkerName } from '../bull-workers'
import { placesOf } from '../place-paging'
import { ask, numberOf } from '../redis-asking'
import { detailsOf } from './details'
import { bullmqKeyFamily, type DiscoveryScope, findNamed } from './discovery'
import { baseOf, jobKeysOf, keysOf } from './keys'
import { type Library, libraryOf } from './library'
import { locate } from './locating'
import { removeJobs, replayJobs, restoreJobs } from './mending'
import { type ReadingMode, readAll, readingModeOf } from './reading'
import { schedulesOf } from './schedules'
import { segmentsOf } from './segments'
import { sendJobs } from './sending'
import { takeSnapshots } from './snapshots'

export interface BullmqOptions {
  /** Prefixes that are known to have a colon in them, or whose queues have. */
  readonly prefixes?: readonly string[]
  /** Queues that are named by hand: found even where SCAN is denied. */
  readonly queues?: readonly QueueAddress[]
  readonly clock?: Clock
}

/**
 * BullMQ's queues of majors 5 and 6, by raw reads and by the pinned libraries' own scripts for every change. The client
 * is the caller's: it is neither opened nor closed here.
 */
export class BullmqAdapter implements Remedies {
  readonly layout = 'bullmq' as const
  readonly keys: KeyFamily
  private readonly scope: DiscoveryScope
  private readonly mode: ReadingMode
  private readonly clock: Clock

  constructor(
    private readonly redis: RedisClient,
    { clock = systemClock, prefixes, queues = [] }: BullmqOptions = {},
  ) {
    this.mode = readingModeOf(redis)
    this.clock = clock
    this.scope = { prefixes, queues }
    this.keys = bullmqKeyFamily(redis, this.scope)
  }

  /** Those that were named by hand; the others are told by their keys. */
  async discover(found: (queue: Found) => void): Promise<void> {
    await findNamed(this.redis, this.scope, found)
  }

  async read(queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
    return await readAll(this.redis, { mode: this.mode, queues, clock: this.clock })
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
    return await inspectJob(this.redis, { id, job: jobKeysOf(queue, id).job, locate: locateIt })
  }

  async states(queue: QueueAddress, ids: readonly string[]): Promise<readonly (MessageState | null)[]> {
    return (await locate(this.redis, queue, ids)).map((located) => located?.state ?? null)
  }

  async capabilities(queue: QueueAddress): Promise<Capabilities> {
    const chosen = await libraryOf(this.redis, queue)
    const yes: Capability = { answer: 'yes' }
    const able: Capability = chosen.ok ? yes : { answer: 'no', reason: chosen.reason }
    return {
      replay: able,
      edit: able,
      discard: able,
      purge: able,
      restore: able,
      send: able,
      pause: { answer: 'no', reason: pauseRefusal },
    }
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
      parse: workerNameOf,
      isOurs: ({ isBullmq }) => isBullmq,
    })
  }

  async snapshot(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly Snapshot[]> {
    return await takeSnapshots(this.redis, { queue, state, ids })
  }

  async replay(queue: QueueAddress, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    return await replayJobs(this.redis, await this.library(queue), queue, ids)
  }

  async edit(queue: QueueAddress, edit: Edit): Promise<ItemOutcome> {
    await this.library(queue)
    return await editJob(this.redis, { base: baseOf(queue), product: 'BullMQ', edit })
  }

  async remove(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    if (state === 'leased') return ids.map((id) => ({ id, outcome: 'failed', reason: 'a worker holds it' }))
    return await removeJobs(this.redis, await this.library(queue), { queue, state, ids })
  }

  async restore(queue: QueueAddress, snapshots: readonly Snapshot[]): Promise<readonly ItemOutcome[]> {
    const { major } = await this.library(queue)
    const [paused] = await ask(this.redis, [['HEXISTS', keysOf(queue).meta, 'paused']])
    return await restoreJobs(this.redis, { queue, snapshots, pausedList: major === 5 && numberOf(paused) === 1 })
  }

  async send(queue: QueueAddress, messages: readonly Outgoing[]): Promise<readonly string[]> {
    return await sendJobs(this.redis, await this.library(queue), { queue, messages })
  }

  pause(queue: QueueAddress): Promise<void> {
    return Promise.reject(cannotPause(queue))
  }

  resume(queue: QueueAddress): Promise<void> {
    return Promise.reject(cannotPause(queue))
  }

  /** Nothing of its own is open. */
  async close(): Promise<void> {}

  private async library(queue: QueueAddress): Promise<Library> {
    const chosen = await libraryOf(this.redis, queue)
    if (chosen.ok) return chosen.library
    throw new Failure({
      code: 'unsupported',
      message: `jobs of ${queue.name} cannot be changed from here: ${chosen.reason}`,
      subject: queue.name,
    })
  }
}

/** Seen: pause by major 6, add and resume by major 5 leaves jobs that no list holds any more. */
const pauseRefusal =
  'BullMQ 5 and 6 pause in different ways, and where both work one queue jobs can be lost: pause it from the service that owns it'

const cannotPause = (queue: QueueAddress) =>
  new Failure({
    code: 'unsupported',
    message: `${queue.name} cannot be paused from here`,
    hint: pauseRefusal,
    subject: queue.name,
  })

/** `PREFIX:base64(QUEUE)`, and `:w:NAME` behind it where the worker was given a name; `:qe` behind it only listens to events. */
function workerNameOf(name: string): WorkerName | null {
  const [, path = name, label = null] = /^(.+?):w:(.+)$/.exec(name) ?? []
  const cut = path.lastIndexOf(':')
  const queue = cut > 0 ? decodedName(path.slice(cut + 1)) : null
  return queue === null ? null : { prefix: path.slice(0, cut), queue, label }
}
