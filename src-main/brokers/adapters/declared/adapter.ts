import { Failure } from '@shared/failure'
import type { Capabilities } from '@shared/model/capability'
import type { ConsumerGroup, PendingPage } from '@shared/model/consumer-group'
import type { DeclarationDraft, LayoutDeclaration } from '@shared/model/declaration'
import type { DeclarationPreview } from '@shared/model/declaration-preview'
import type { DetailSection } from '@shared/model/details'
import type { MessageDetail, MessagePage, MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { TailPiece } from '@shared/model/tail'
import { type Clock, systemClock } from '../../../runtime/clock'
import type { Acts } from '../../acts'
import type { RedisClient } from '../../clients/redis'
import type { BrowseRequest, Found, KeyFamily, Reading, Streaming, TailRequest } from '../../reader'
import type { Edit, ItemOutcome, Outgoing, Remedies, Snapshot } from '../../remedies'
import { Shelf } from '../element-shelf'
import { brokerTime } from '../redis-asking'
import { assertAble } from '../refusals'
import { consumerGroups, pendingPage } from '../stream-groups'
import { actOnDeclared, declaredOffers } from './acts'
import { capabilitiesOf } from './capabilities'
import type { DeclaredQueue } from './context'
import { declaredDetails } from './details'
import { declaredKeyFamily } from './discovery'
import { readDeclared } from './figures'
import { statesOf } from './locating'
import { browseDeclared, inspectDeclared } from './looking'
import { editDeclared, removeDeclared, replayDeclared, replayEdited } from './mending'
import { placeOf } from './places'
import { previewDeclaration } from './preview'
import { sendDeclared } from './sending'
import { restoreDeclared, snapshotDeclared } from './snapshots'
import { tailDeclared } from './tailing'

/**
 * Queues of layouts that are described by data. A queue's prefix is its declaration's id, its name what stands for {name} in the keys.
 * Every change is one step of the server, by scripts that find a message by its exact bytes.
 */
export class DeclaredAdapter implements Remedies {
  readonly layout = 'declared' as const
  readonly keys: KeyFamily
  readonly streaming: Streaming
  readonly acts: Acts
  private readonly clock: Clock
  private readonly shelf = new Shelf()
  private readonly heavy = new Set<string>()

  /** The first of several with one id counts: one's own stand before those that are shipped. */
  constructor(
    private readonly redis: RedisClient,
    private readonly declarations: readonly LayoutDeclaration[],
    { clock = systemClock }: { readonly clock?: Clock } = {},
  ) {
    this.clock = clock
    this.keys = declaredKeyFamily(redis, () => declarations)
    this.streaming = {
      groups: (queue) => this.consumerGroups(queue),
      pending: (queue, request) => this.pending(queue, request),
    }
    this.acts = {
      offers: async (queue) => await declaredOffers(this.at(queue)),
      act: async (queue, request) => await actOnDeclared(this.at(queue), queue, request),
    }
  }

  /** A declared layout lists its queues nowhere: all are told by the walk over the keys. */
  async discover(_found: (queue: Found) => void): Promise<void> {}

  read(queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
    const { clock, heavy } = this
    return readDeclared(this.redis, queues, { clock, heavy, declarationOf: (queue) => this.declarationOf(queue) })
  }

  preview(draft: DeclarationDraft, name: string | null): Promise<DeclarationPreview> {
    return previewDeclaration(this.redis, draft, name ?? undefined)
  }

  async browse(queue: QueueAddress, request: BrowseRequest): Promise<MessagePage> {
    return await browseDeclared(this.at(queue), request)
  }

  async inspect(queue: QueueAddress, id: string): Promise<MessageDetail> {
    return await inspectDeclared(this.at(queue), id)
  }

  async states(queue: QueueAddress, ids: readonly string[]): Promise<readonly (MessageState | null)[]> {
    return await statesOf(this.at(queue), ids)
  }

  async capabilities(queue: QueueAddress): Promise<Capabilities> {
    return capabilitiesOf(this.at(queue))
  }

  async details(queue: QueueAddress): Promise<readonly DetailSection[]> {
    return await declaredDetails(this.at(queue))
  }

  tail(queue: QueueAddress, { recent }: TailRequest, signal: AbortSignal): AsyncIterable<TailPiece> {
    return tailDeclared(this.at(queue), { recent, signal })
  }

  async snapshot(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly Snapshot[]> {
    return await snapshotDeclared(this.at(queue), state, ids)
  }

  async replay(queue: QueueAddress, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    assertAble(await this.capabilities(queue), 'replay', queue)
    return await replayDeclared(this.at(queue), ids)
  }

  async edit(queue: QueueAddress, edit: Edit): Promise<ItemOutcome> {
    assertAble(await this.capabilities(queue), 'edit', queue)
    return await editDeclared(this.at(queue), edit)
  }

  async replayEdited(queue: QueueAddress, edit: Edit): Promise<ItemOutcome> {
    assertAble(await this.capabilities(queue), 'replay', queue)
    return await replayEdited(this.at(queue), edit)
  }

  async remove(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    return await removeDeclared(this.at(queue), state, ids)
  }

  async restore(queue: QueueAddress, snapshots: readonly Snapshot[]): Promise<readonly ItemOutcome[]> {
    return await restoreDeclared(this.at(queue), snapshots)
  }

  async send(queue: QueueAddress, messages: readonly Outgoing[]): Promise<readonly string[]> {
    return await sendDeclared(this.at(queue), messages)
  }

  async pause(queue: QueueAddress): Promise<void> {
    assertAble(await this.capabilities(queue), 'pause', queue)
  }

  async resume(queue: QueueAddress): Promise<void> {
    assertAble(await this.capabilities(queue), 'pause', queue)
  }

  private declarationOf({ prefix }: QueueAddress): DeclarationDraft | undefined {
    return this.declarations.find(({ id }) => id === prefix)
  }

  private at(queue: QueueAddress): DeclaredQueue {
    const declaration = this.declarationOf(queue)
    if (!declaration)
      throw new Failure({
        code: 'not-found',
        message: `No declaration named ${queue.prefix} is known any more.`,
        hint: 'Declare the layout again, with that id.',
        subject: queue.prefix,
      })
    return { redis: this.redis, shelf: this.shelf, clock: this.clock, declaration, name: queue.name }
  }

  private streamOf(queue: QueueAddress) {
    const { declaration, name } = this.at(queue)
    const place = placeOf(declaration, name, 'ready')
    return place?.role.type === 'stream' ? { key: place.place.key, field: place.role.field } : null
  }

  private async consumerGroups(queue: QueueAddress): Promise<readonly ConsumerGroup[]> {
    const stream = this.streamOf(queue)
    return stream ? await consumerGroups(this.redis, stream.key, await brokerTime(this.redis, this.clock)) : []
  }

  private async pending(queue: QueueAddress, request: Parameters<Streaming['pending']>[1]): Promise<PendingPage> {
    const stream = this.streamOf(queue)
    if (!stream) return { items: [], nextCursor: null }
    return await pendingPage(this.redis, stream.key, { ...request, field: stream.field })
  }
}
