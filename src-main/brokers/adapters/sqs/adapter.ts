import { type Failure, isFailure } from '@shared/failure'
import type { Capabilities, Capability } from '@shared/model/capability'
import type { DetailSection } from '@shared/model/details'
import { layoutFacts } from '@shared/model/known-layouts'
import type { MessageDetail, MessagePage, MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { Sample } from '@shared/model/sample'
import { type Clock, systemClock } from '../../../runtime/clock'
import { LineToSqs } from '../../clients/line-to-sqs'
import type { SqsConnection } from '../../clients/sqs'
import type { BrowseRequest, Found, Reading, TimeRange } from '../../reader'
import type { Edit, ItemOutcome, Outgoing, Remedies, Snapshot } from '../../remedies'
import { assertAble } from '../refusals'
import { SqsActs } from './acts'
import type { CloudWatchFigures } from './cloud-watch'
import { Denials } from './denials'
import { detailsOf } from './details'
import { type Bench, redrive, redriveEdited, remove, replaceBody } from './mending'
import { detailOf, notSeen, pageOf } from './messages'
import { SqsPeeking } from './peeking'
import { addressOfArn, type SqsQueue, SqsQueues } from './queues'
import { readAll } from './reading'
import { sendAll } from './sending'
import { restoreAll, snapshotOf } from './snapshots'
import type { SqsContext } from './sqs-context'

export interface SqsAdapterOptions {
  /** Only queues whose names begin so. */
  readonly namePrefix?: string
  /** URLs and ARNs of queues that are shown even where listing is denied. */
  readonly named?: readonly string[]
  readonly denials?: Denials
  /** Ages and rates; null: unknown. */
  readonly cloudWatch?: ((denials: Denials) => CloudWatchFigures) | null
  /** Credentials that expired, or a way that is gone: told with each reading that fails by it. */
  readonly onTrouble?: (failure: Failure) => void
  readonly clock?: Clock
}

/** Ten questions a second at most, and none oftener than this: each is billed. Milliseconds. */
const shortestReadMs = 10_000
const questionsPerSecond = 10

/**
 * SQS as its own console would show it, with the price of every look told first. Messages are seen only by peeking; what was seen
 * stays readable until the next peek. The connection is the caller's.
 */
export class SqsAdapter implements Remedies {
  readonly layout = 'sqs'
  readonly peeking: SqsPeeking
  readonly acts: SqsActs
  private readonly context: SqsContext
  private readonly cloudWatch: CloudWatchFigures | null
  private readonly onTrouble: (failure: Failure) => void
  private queueCount = 0

  constructor(connection: SqsConnection, options: SqsAdapterOptions = {}) {
    const { clock = systemClock, namePrefix = '', named = [], denials = new Denials(), cloudWatch = null } = options
    const line = new LineToSqs(connection)
    this.context = { line, clock, denials, queues: new SqsQueues({ line, clock, denials, namePrefix, named }) }
    this.cloudWatch = cloudWatch?.(denials) ?? null
    this.onTrouble = options.onTrouble ?? (() => {})
    this.peeking = new SqsPeeking(this.context)
    this.acts = new SqsActs(this.context)
  }

  get readEveryMs(): number {
    return Math.max(shortestReadMs, (this.queueCount / questionsPerSecond) * 1_000)
  }

  /** Each twice where who takes whose dead letters was not known yet. */
  async discover(found: (queue: Found) => void, signal: AbortSignal): Promise<void> {
    const queues: SqsQueue[] = []
    await this.context.queues.findAll((queue) => {
      queues.push(queue)
      found(this.foundOf(queue))
    }, signal)
    if (signal.aborted) return
    this.queueCount = queues.length
    for (const queue of queues) if (this.context.queues.isDeadLetterQueue(queue)) found(this.foundOf(queue))
  }

  async read(queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
    try {
      return await readAll(this.context, this.cloudWatch, queues)
    } catch (error) {
      if (isFailure(error)) this.onTrouble(error)
      throw error
    }
  }

  async history(address: QueueAddress, range: TimeRange): Promise<readonly Sample[]> {
    if (!this.cloudWatch) return []
    const { queues } = this.context
    const isDeadLetterQueue = queues.isDeadLetterQueue(await queues.get(address))
    return await this.cloudWatch.history({ ...range, queue: address.name, isDeadLetterQueue })
  }

  async browse(address: QueueAddress, request: BrowseRequest): Promise<MessagePage> {
    return pageOf(this.peeking.seen(address), await this.stateOf(address), request)
  }

  async inspect(address: QueueAddress, id: string): Promise<MessageDetail> {
    const held = this.peeking.find(address, id)
    if (!held) throw notSeen(address, id)
    return detailOf(held, await this.stateOf(address))
  }

  async states(address: QueueAddress, ids: readonly string[]): Promise<readonly (MessageState | null)[]> {
    const state = await this.stateOf(address)
    return ids.map((id) => (this.peeking.find(address, id) ? state : null))
  }

  async capabilities(address: QueueAddress): Promise<Capabilities> {
    const queue = await this.context.queues.get(address)
    const { abilities } = layoutFacts.sqs
    const replay: Capability = this.context.queues.isDeadLetterQueue(queue)
      ? abilities.replay
      : { answer: 'no', reason: 'no known queue sends its dead letters here, so nothing can be sent back' }
    return { ...abilities, replay }
  }

  details(address: QueueAddress): Promise<readonly DetailSection[]> {
    return detailsOf(this.context, this.acts, address)
  }

  async snapshot(address: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly Snapshot[]> {
    return ids.flatMap((id) => {
      const held = this.peeking.find(address, id)
      return held ? [snapshotOf(held, state)] : []
    })
  }

  async replay(address: QueueAddress, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    assertAble(await this.capabilities(address), 'replay', address)
    return await redrive(await this.bench(address), ids)
  }

  async edit(address: QueueAddress, edit: Edit): Promise<ItemOutcome> {
    return await replaceBody(await this.bench(address), edit)
  }

  async replayEdited(address: QueueAddress, edit: Edit): Promise<ItemOutcome> {
    assertAble(await this.capabilities(address), 'replay', address)
    return await redriveEdited(await this.bench(address), edit)
  }

  async remove(address: QueueAddress, _state: MessageState, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    return await remove(await this.bench(address), ids)
  }

  async restore(address: QueueAddress, snapshots: readonly Snapshot[]): Promise<readonly ItemOutcome[]> {
    return await restoreAll(this.context, await this.context.queues.get(address), snapshots)
  }

  async send(address: QueueAddress, messages: readonly Outgoing[]): Promise<readonly string[]> {
    return await sendAll(this.context, await this.context.queues.get(address), messages)
  }

  async pause(address: QueueAddress): Promise<void> {
    assertAble(await this.capabilities(address), 'pause', address)
  }

  async resume(address: QueueAddress): Promise<void> {
    assertAble(await this.capabilities(address), 'pause', address)
  }

  /** Gives back what is held. */
  async close(): Promise<void> {
    await this.peeking.releaseAll()
    this.cloudWatch?.close()
  }

  private async bench(address: QueueAddress): Promise<Bench> {
    return { context: this.context, peeking: this.peeking, queue: await this.context.queues.get(address) }
  }

  private async stateOf(address: QueueAddress): Promise<'ready' | 'dead'> {
    return this.context.queues.isDeadLetterQueue(await this.context.queues.get(address)) ? 'dead' : 'ready'
  }

  private foundOf(queue: SqsQueue): Found {
    const { queues } = this.context
    return {
      address: queue.address,
      product: queue.fifo ? 'SQS FIFO' : 'SQS standard',
      deadLetterQueue: queue.redrive && addressOfArn(queue.redrive.targetArn),
      deadLetterSources: queues.sourcesOf(queue).map(({ address }) => address),
    }
  }
}
