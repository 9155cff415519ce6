import { Failure } from '@shared/failure'
import type { Capabilities } from '@shared/model/capability'
import type { DetailSection } from '@shared/model/details'
import { layoutFacts } from '@shared/model/known-layouts'
import type { MessageDetail, MessagePage, MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import { type Clock, systemClock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { type BrowseRequest, type Found, type KeyFamily, type Reading, unreadable } from '../../reader'
import type { Edit, ItemOutcome, Outgoing, Remedies, Snapshot } from '../../remedies'
import { askTogether } from '../asking-together'
import { ask, askAll, type Command, explained, numberOf, textOf } from '../redis-asking'
import { assertAble } from '../refusals'
import { bindingPrefix, listsOf, queueOfList, unackedKey } from './keys'
import { editTask, removeTasks, restoreTasks, sendTasks, takeSnapshots } from './mending'
import { endOf, resultsOf } from './results'
import { detailOf, endedDetail, summaryOf } from './rows'
import { findWaiting, heldByWorkers, waitingPage } from './waiting'

/**
 * Celery's queues on Redis, as kombu writes them: four lists a queue, one hash for everything that workers hold. A task that failed is
 * not kept; what is known of it is its result, where the result backend is this Redis too. The client is the caller's.
 */
export class CeleryAdapter implements Remedies {
  readonly layout = 'celery'
  readonly keys: KeyFamily = {
    sight: (key) => {
      if (key.startsWith(bindingPrefix)) return { candidate: key.slice(bindingPrefix.length) }
      const queue = queueOfList(key)
      if (queue !== null) return { candidate: queue }
      return key.startsWith('celery-task-meta-') || key.startsWith('unacked') ? 'mine' : null
    },
    prove: (candidates) => this.prove(candidates),
  }
  private readonly clock: Clock

  constructor(
    private readonly redis: RedisClient,
    { clock = systemClock }: { readonly clock?: Clock } = {},
  ) {
    this.clock = clock
  }

  /** Its queues stand in no list: they are told by their bindings. */
  async discover(): Promise<void> {}

  /** Lengths alone: who holds what is one hash for all queues, and would have to be read whole each time. */
  async read(queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
    const perQueue = 4
    const answers = await askTogether(this.redis, [
      ['HLEN', unackedKey],
      ...queues.flatMap(({ name }) => listsOf(name).map((list): Command => ['LLEN', list])),
    ])
    const [held, ...lengths] = answers
    const isIdle = held?.ok === true && numberOf(held.value) === 0
    return await Promise.all(
      queues.map(async (_queue, index) => {
        const own = lengths.slice(index * perQueue, (index + 1) * perQueue)
        const bad = own.find((answer) => !answer.ok)
        if (bad && !bad.ok) {
          const { message, hint } = await explained(this.redis, bad)
          return unreadable(`${message} ${hint ?? ''}`.trim())
        }
        const ready = own.reduce((sum, answer) => sum + (answer.ok ? (numberOf(answer.value) ?? 0) : 0), 0)
        return { ...nothingKnown, ready, leased: isIdle ? 0 : null, trouble: null }
      }),
    )
  }

  async browse({ name }: QueueAddress, { state, cursor, limit }: BrowseRequest): Promise<MessagePage> {
    if (state === 'ready') {
      const { rows, nextCursor, total } = await waitingPage(this.redis, name, { cursor, limit })
      return { items: rows.map(({ envelope }) => summaryOf(envelope, 'ready')), nextCursor, total }
    }
    if (state !== 'leased') return { items: [], nextCursor: null, total: null }
    const held = (await heldByWorkers(this.redis))
      .map(({ envelope }) => envelope)
      .filter(({ queue }) => queue === name)
      .sort((a, b) => (a.deliveryTag < b.deliveryTag ? -1 : 1))
    const from = cursor === null ? 0 : held.findIndex(({ deliveryTag }) => deliveryTag > cursor)
    const page = from < 0 ? [] : held.slice(from, from + limit)
    const last = page.at(-1)
    return {
      items: page.map((envelope) => summaryOf(envelope, 'leased')),
      nextCursor: last && from + page.length < held.length ? last.deliveryTag : null,
      total: held.length,
    }
  }

  async inspect({ name }: QueueAddress, id: string): Promise<MessageDetail> {
    const [[result = null], waiting, held] = await Promise.all([
      resultsOf(this.redis, [id]),
      findWaiting(this.redis, name, new Set([id])),
      heldByWorkers(this.redis),
    ])
    const found = waiting.get(id)
    if (found) return detailOf(found.envelope, 'ready', result)
    const taken = held.find(({ envelope }) => envelope.id === id && envelope.queue === name)
    if (taken) return detailOf(taken.envelope, 'leased', result)
    if (result) return endedDetail(id, result)
    throw new Failure({
      code: 'gone',
      message: `${name} has no task ${id} among the first that were looked through, and no result of it.`,
      hint: 'Take the list anew.',
      subject: id,
    })
  }

  async states({ name }: QueueAddress, ids: readonly string[]): Promise<readonly (MessageState | null)[]> {
    const results = await resultsOf(this.redis, ids)
    const open = new Set(ids.filter((_, index) => endOf(results[index] ?? null) === null))
    const waiting = await findWaiting(this.redis, name, open)
    const held = new Set((await heldByWorkers(this.redis)).map(({ envelope }) => envelope.id))
    return ids.map((id, index) => {
      if (waiting.has(id)) return 'ready'
      if (held.has(id)) return 'leased'
      return endOf(results[index] ?? null)
    })
  }

  async capabilities(): Promise<Capabilities> {
    return layoutFacts.celery.abilities
  }

  async details({ name }: QueueAddress): Promise<readonly DetailSection[]> {
    const lists = listsOf(name)
    const [held, ...lengths] = await ask(this.redis, [
      ['HLEN', unackedKey],
      ...lists.map((list): Command => ['LLEN', list]),
    ])
    return [
      {
        title: 'Priorities',
        note: 'Kombu keeps a list for each of four steps; workers ask the first one first.',
        facts: lists.map((_list, index) => ({
          name: ['0 to 2', '3 to 5', '6 to 8', '9'][index] ?? '',
          value: String(numberOf(lengths[index]) ?? 0),
        })),
      },
      {
        title: 'Held by workers',
        note: 'One hash for all queues of this database. Tasks with an ETA wait in it too.',
        facts: [{ name: 'Unacknowledged, all queues', value: String(numberOf(held) ?? 0) }],
      },
    ]
  }

  async snapshot({ name }: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly Snapshot[]> {
    return state === 'ready' ? await takeSnapshots(this.redis, name, ids) : []
  }

  async replay(queue: QueueAddress): Promise<readonly ItemOutcome[]> {
    assertAble(layoutFacts.celery.abilities, 'replay', queue)
    return []
  }

  edit({ name }: QueueAddress, edit: Edit): Promise<ItemOutcome> {
    return editTask(this.redis, name, edit)
  }

  async remove({ name }: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    if (state === 'leased') return ids.map((id) => ({ id, outcome: 'failed', reason: 'a worker holds it' }))
    return await removeTasks(this.redis, name, ids)
  }

  restore(_queue: QueueAddress, snapshots: readonly Snapshot[]): Promise<readonly ItemOutcome[]> {
    return restoreTasks(this.redis, snapshots)
  }

  send({ name }: QueueAddress, messages: readonly Outgoing[]): Promise<readonly string[]> {
    return sendTasks(this.redis, { queue: name, messages, now: this.clock.now() })
  }

  async pause(queue: QueueAddress): Promise<void> {
    assertAble(layoutFacts.celery.abilities, 'pause', queue)
  }

  async resume(queue: QueueAddress): Promise<void> {
    assertAble(layoutFacts.celery.abilities, 'pause', queue)
  }

  /** A binding of kombu's is a set whose members have its separator in them. */
  private async prove(candidates: readonly string[]): Promise<readonly (readonly Found[])[]> {
    const answers = await askAll(
      this.redis,
      candidates.map((name): Command => ['SRANDMEMBER', `${bindingPrefix}${name}`]),
    )
    return answers.map((answer, index) => {
      const member = answer.ok ? textOf(answer.value) : null
      const name = candidates[index]!
      // A fanout exchange for events or remote control is bound too, and is no queue of tasks.
      if (!member?.includes('\x06\x16') || /\.pidbox$|^celeryev/.test(name)) return []
      return [{ address: { layout: 'celery', prefix: '', name }, product: 'Celery', ownKeys: listsOf(name) }]
    })
  }
}

const nothingKnown: Omit<Reading, 'ready' | 'leased' | 'trouble'> = {
  delayed: null,
  dead: null,
  done: null,
  oldestReadyMs: null,
  paused: null,
  enqueuedTotal: null,
  ackedTotal: null,
  waitBuckets: null,
}
