import type { Capabilities } from '@shared/model/capability'
import type { ConsumerGroup, PendingPage } from '@shared/model/consumer-group'
import type { DetailSection } from '@shared/model/details'
import { layoutFacts } from '@shared/model/known-layouts'
import type { MessageDetail, MessagePage, MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { TailPiece } from '@shared/model/tail'
import type { WorkerReport } from '@shared/model/worker'
import { type Clock, systemClock } from '../../../runtime/clock'
import type { Acts } from '../../acts'
import type { RedisClient } from '../../clients/redis'
import type { BrowseRequest, KeyFamily, Reading, Streaming, TailRequest } from '../../reader'
import type { Edit, ItemOutcome, Outgoing, Remedies, Snapshot } from '../../remedies'
import { brokerTime } from '../redis-asking'
import { assertAble } from '../refusals'
import { streamOffers } from '../stream-act-offers'
import { actOnStream } from '../stream-acts'
import { consumerGroups, pendingPage } from '../stream-groups'
import { tailStream } from '../stream-tail'
import { browseStream } from './browsing'
import { streamDetails } from './details'
import { streamKeyFamily } from './discovery'
import { readStreams } from './figures'
import { inspectEntry } from './inspection'
import { locateEntries } from './locating'
import { removeEntries, restoreEntries, sendEntries, snapshotEntries } from './mending'
import { streamWorkers } from './workers'

/** Streams whose consumers are looked for. */
const mostRemembered = 1_000

/**
 * Streams that no library owns; the name is the whole key. What consumers hold is leased, what the slowest group has not been
 * given is ready. A list of pending entries is no dead-letter queue: nothing is dead here.
 */
export class StreamAdapter implements Remedies {
  readonly layout = 'stream' as const
  readonly keys: KeyFamily
  readonly streaming: Streaming
  readonly acts: Acts
  private readonly clock: Clock
  private readonly seen = new Set<string>()
  private readonly heavy = new Set<string>()
  private isCut = false

  constructor(
    private readonly redis: RedisClient,
    { clock = systemClock }: { readonly clock?: Clock } = {},
  ) {
    this.clock = clock
    this.keys = streamKeyFamily(redis, (key) => this.remember(key))
    this.streaming = {
      groups: ({ name }) => this.consumerGroups(name),
      pending: ({ name }, request): Promise<PendingPage> => pendingPage(redis, name, request),
    }
    this.acts = {
      offers: ({ name }) => streamOffers(redis, name),
      act: (queue, request) => actOnStream(redis, { queue, key: queue.name }, request),
    }
  }

  /** A stream stands in no list: all are told by the walk over the keys. */
  async discover(): Promise<void> {}

  read(queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
    const { clock, heavy } = this
    return readStreams(this.redis, queues, { clock, heavy })
  }

  browse(queue: QueueAddress, request: BrowseRequest): Promise<MessagePage> {
    return browseStream(this.redis, { queue, request, clock: this.clock })
  }

  inspect({ name }: QueueAddress, id: string): Promise<MessageDetail> {
    return inspectEntry(this.redis, { key: name, id, clock: this.clock })
  }

  async states({ name }: QueueAddress, ids: readonly string[]): Promise<readonly (MessageState | null)[]> {
    return (await locateEntries(this.redis, name, ids)).map((located) => located?.state ?? null)
  }

  capabilities(_queue: QueueAddress): Promise<Capabilities> {
    return Promise.resolve(layoutFacts.stream.abilities)
  }

  details({ name }: QueueAddress): Promise<readonly DetailSection[]> {
    return streamDetails(this.redis, name, this.clock)
  }

  workers(): Promise<WorkerReport> {
    return streamWorkers(this.redis, { keys: [...this.seen], isCut: this.isCut, clock: this.clock })
  }

  tail({ name }: QueueAddress, { recent }: TailRequest, signal: AbortSignal): AsyncIterable<TailPiece> {
    return tailStream(this.redis, { key: name, recent, signal, clock: this.clock })
  }

  snapshot({ name }: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly Snapshot[]> {
    return snapshotEntries(this.redis, { key: name, state, ids })
  }

  async replay(queue: QueueAddress): Promise<readonly ItemOutcome[]> {
    assertAble(layoutFacts.stream.abilities, 'replay', queue)
    return []
  }

  async edit(queue: QueueAddress, { id }: Edit): Promise<ItemOutcome> {
    assertAble(layoutFacts.stream.abilities, 'edit', queue)
    return { id, outcome: 'gone' }
  }

  remove({ name }: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    return removeEntries(this.redis, { key: name, state, ids })
  }

  restore({ name }: QueueAddress, snapshots: readonly Snapshot[]): Promise<readonly ItemOutcome[]> {
    return restoreEntries(this.redis, name, snapshots)
  }

  send(queue: QueueAddress, messages: readonly Outgoing[]): Promise<readonly string[]> {
    return sendEntries(this.redis, { queue, messages })
  }

  async pause(queue: QueueAddress): Promise<void> {
    assertAble(layoutFacts.stream.abilities, 'pause', queue)
  }

  async resume(queue: QueueAddress): Promise<void> {
    assertAble(layoutFacts.stream.abilities, 'pause', queue)
  }

  private async consumerGroups(key: string): Promise<readonly ConsumerGroup[]> {
    return await consumerGroups(this.redis, key, await brokerTime(this.redis, this.clock))
  }

  private remember(key: string): void {
    if (this.seen.has(key)) return
    if (this.seen.size < mostRemembered) this.seen.add(key)
    else this.isCut = true
  }
}
