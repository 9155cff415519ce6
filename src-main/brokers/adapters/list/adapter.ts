import type { Capabilities } from '@shared/model/capability'
import type { DetailSection } from '@shared/model/details'
import { layoutFacts } from '@shared/model/known-layouts'
import type { MessageDetail, MessagePage, MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import type { BrowseRequest, KeyFamily, Reading } from '../../reader'
import type { Edit, ItemOutcome, Outgoing, Remedies, Snapshot } from '../../remedies'
import { parseElementId } from '../element-id'
import { type ListEnd, listSequence } from '../element-sequence'
import { Shelf } from '../element-shelf'
import { assertAble } from '../refusals'
import { listKeyFamily } from './discovery'
import { browseList, inspectElement, type ListAt, listDetails, readLists } from './looking'
import { editElement, removeElements, restoreElements, sendElements, snapshotElements } from './mending'

export interface ListOptions {
  /** At which end consumers take, by key; a list that is not named here is of unknown direction. */
  readonly takenFrom?: ReadonlyMap<string, ListEnd>
}

/** Lists that no library owns; the name is the whole key. Elements are known by their bytes alone. */
export class ListAdapter implements Remedies {
  readonly layout = 'list' as const
  readonly keys: KeyFamily
  private readonly shelf = new Shelf()

  constructor(
    private readonly redis: RedisClient,
    private readonly options: ListOptions = {},
  ) {
    this.keys = listKeyFamily(redis)
  }

  /** A list stands in no other list: all are told by the walk over the keys. */
  async discover(): Promise<void> {}

  read(queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
    return readLists(this.redis, queues)
  }

  browse({ name }: QueueAddress, request: BrowseRequest): Promise<MessagePage> {
    return browseList(this.redis, this.at(name), request)
  }

  inspect({ name }: QueueAddress, id: string): Promise<MessageDetail> {
    return inspectElement(this.redis, this.at(name), id)
  }

  /** An element that was not found in a list too long to be looked through counts as there: nothing says that it is gone. */
  async states({ name }: QueueAddress, ids: readonly string[]): Promise<readonly (MessageState | null)[]> {
    const parsed = ids.map(parseElementId)
    const known = parsed.flatMap((id) => id ?? [])
    const { key, from } = this.at(name)
    const { elements, isWhole } = await this.shelf.find(listSequence(this.redis, key, from), known)
    const rest = [...elements]
    return parsed.map((id) => (id === null ? null : rest.shift() || !isWhole ? 'ready' : null))
  }

  capabilities(_queue: QueueAddress): Promise<Capabilities> {
    return Promise.resolve(layoutFacts.list.abilities)
  }

  details({ name }: QueueAddress): Promise<readonly DetailSection[]> {
    return listDetails(this.redis, name, this.taken(name))
  }

  snapshot({ name }: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly Snapshot[]> {
    return snapshotElements(this.redis, this.at(name), { state, ids, taken: this.taken(name) })
  }

  async replay(queue: QueueAddress): Promise<readonly ItemOutcome[]> {
    assertAble(layoutFacts.list.abilities, 'replay', queue)
    return []
  }

  edit({ name }: QueueAddress, edit: Edit): Promise<ItemOutcome> {
    return editElement(this.redis, this.at(name), edit)
  }

  remove({ name }: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    return removeElements(this.redis, this.at(name), { state, ids })
  }

  restore({ name }: QueueAddress, snapshots: readonly Snapshot[]): Promise<readonly ItemOutcome[]> {
    return restoreElements(this.redis, { key: name, taken: this.taken(name) }, snapshots)
  }

  send(queue: QueueAddress, messages: readonly Outgoing[]): Promise<readonly string[]> {
    return sendElements(this.redis, { queue, taken: this.taken(queue.name) }, messages)
  }

  async pause(queue: QueueAddress): Promise<void> {
    assertAble(layoutFacts.list.abilities, 'pause', queue)
  }

  async resume(queue: QueueAddress): Promise<void> {
    assertAble(layoutFacts.list.abilities, 'pause', queue)
  }

  private taken(key: string): ListEnd | null {
    return this.options.takenFrom?.get(key) ?? null
  }

  private at(key: string): ListAt {
    return { shelf: this.shelf, key, from: this.taken(key) ?? 'left' }
  }
}
