import { Failure } from '@shared/failure'
import type { Capabilities, Capability } from '@shared/model/capability'
import type { DetailSection } from '@shared/model/details'
import { resque } from '@shared/model/layouts/resque'
import type { MessageDetail, MessagePage, MessageState } from '@shared/model/message'
import { type QueueAddress, queueKey } from '@shared/model/queue'
import type { WorkerReport } from '@shared/model/worker'
import { type Clock, systemClock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import type { BrowseRequest, Found, KeyFamily, Reading } from '../../reader'
import type { Edit, ItemOutcome, Outgoing, Remedies, Snapshot } from '../../remedies'
import { findElements, Hints } from '../element-finding'
import { parseElementId } from '../element-id'
import { Listings, pageOf } from '../element-pages'
import { askAll, brokerTime, textOf } from '../redis-asking'
import { assertAble } from '../refusals'
import { registered, resqueKeyFamily } from './discovery'
import { defaultNamespace, delayedSchedule, failedList, keysOf, kindOf } from './keys'
import { editJob, removeJobs, restoreJobs, retryFailed, sendJobs, type Target, takeSnapshots } from './mending'
import { readAll } from './reading'
import { detailOf, rowOf, stateOf } from './rows'
import { sequenceOf } from './sequences'
import { workersOf } from './workers'

/**
 * Resque's queues, the list of what failed in them, and its scheduler's delayed jobs. Jobs have no ids: each is known by its bytes, and
 * changed by them. The client is the caller's: it is neither opened nor closed here.
 */
export class ResqueAdapter implements Remedies {
  readonly layout = 'resque' as const
  readonly keys: KeyFamily
  private readonly clock: Clock
  private readonly listings = new Listings()
  private readonly hints = new Hints()
  /** Namespaces that turned up; the default one is looked at in any case. */
  private readonly namespaces = new Set([defaultNamespace])

  constructor(
    private readonly redis: RedisClient,
    { clock = systemClock }: { readonly clock?: Clock } = {},
  ) {
    this.clock = clock
    const family = resqueKeyFamily(redis)
    this.keys = {
      ...family,
      prove: async (candidates) => {
        const found = await family.prove(candidates)
        for (const { address } of found.flat()) this.namespaces.add(address.prefix)
        return found
      },
    }
  }

  async discover(found: (queue: Found) => void): Promise<void> {
    for (const namespace of this.namespaces) for (const queue of await registered(this.redis, namespace)) found(queue)
  }

  async read(queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
    return await readAll(this.redis, queues)
  }

  async browse(queue: QueueAddress, { state, cursor, limit }: BrowseRequest): Promise<MessagePage> {
    if (state !== stateOf[kindOf(queue)]) return { items: [], nextCursor: null, total: 0 }
    const sequence = sequenceOf(this.redis, queue)
    const { elements, nextCursor, total } = await pageOf(sequence, this.listings, { cursor, limit })
    this.hints.remember(sequence.key, elements, total)
    return { items: elements.map((element) => rowOf(queue, element)), nextCursor, total }
  }

  async inspect(queue: QueueAddress, id: string): Promise<MessageDetail> {
    const [target] = await this.find(queue, [id])
    if (!target?.element) {
      throw new Failure({ code: 'gone', message: `the job ${id} is not there any more`, subject: id })
    }
    return detailOf(queue, target.element, parseElementId(id)?.copy ?? 0)
  }

  async states(queue: QueueAddress, ids: readonly string[]): Promise<readonly (MessageState | null)[]> {
    const state = stateOf[kindOf(queue)]
    return (await this.find(queue, ids)).map(({ element }) => (element ? state : null))
  }

  capabilities(queue: QueueAddress): Promise<Capabilities> {
    const no = (reason: string): Capability => ({ answer: 'no', reason })
    const elsewhere = no(`what failed stands in the ${failedList}: it is retried from there`)
    switch (kindOf(queue)) {
      case 'queue':
        return Promise.resolve({ ...resque.abilities, replay: elsewhere })
      case 'failed':
        return Promise.resolve({ ...resque.abilities, send: no('jobs are sent to a queue, not to the failed list') })
      case 'delayed':
        return Promise.resolve({
          ...resque.abilities,
          replay: elsewhere,
          send: no('jobs are sent to a queue with a delay, and turn up here'),
        })
    }
  }

  async details(queue: QueueAddress): Promise<readonly DetailSection[]> {
    const keys = keysOf(queue.prefix)
    const names = ['Processed', 'Failed', 'Scheduler'] as const
    const answers = await askAll(this.redis, [
      ['GET', keys.stat('processed')],
      ['GET', keys.stat('failed')],
      ['GET', keys.leader],
    ])
    const link = (name: string) => queueKey({ layout: this.layout, prefix: queue.prefix, name })
    return [
      {
        title: 'Resque',
        note: `Of all queues of the namespace ${queue.prefix}, since its counters were cleared.`,
        facts: names.map((name, index) => {
          const answer = answers[index]
          return { name, value: answer?.ok ? textOf(answer.value) : null }
        }),
      },
      {
        title: 'Elsewhere',
        note: 'Resque keeps failed jobs of all queues in one list, and delayed ones by the second when they are due.',
        facts: [failedList, delayedSchedule]
          .filter((name) => name !== queue.name)
          .map((name) => ({ name, value: name, queue: link(name) })),
      },
    ]
  }

  async workers(): Promise<WorkerReport> {
    return await workersOf(this.redis, [...this.namespaces], this.clock)
  }

  async snapshot(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly Snapshot[]> {
    return state === stateOf[kindOf(queue)] ? await takeSnapshots(this.redis, queue, await this.find(queue, ids)) : []
  }

  async replay(queue: QueueAddress, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    assertAble(await this.capabilities(queue), 'replay', queue)
    return await retryFailed(this.redis, queue, await this.find(queue, ids))
  }

  async edit(queue: QueueAddress, edit: Edit): Promise<ItemOutcome> {
    const [target] = edit.state === stateOf[kindOf(queue)] ? await this.find(queue, [edit.id]) : []
    return target ? await editJob(this.redis, { queue, target, edit }) : { id: edit.id, outcome: 'gone' }
  }

  async remove(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    if (state !== stateOf[kindOf(queue)]) return ids.map((id) => ({ id, outcome: 'gone' }))
    return await removeJobs(this.redis, queue, await this.find(queue, ids))
  }

  async restore(queue: QueueAddress, snapshots: readonly Snapshot[]): Promise<readonly ItemOutcome[]> {
    return await restoreJobs(this.redis, queue, snapshots)
  }

  async send(queue: QueueAddress, messages: readonly Outgoing[]): Promise<readonly string[]> {
    assertAble(await this.capabilities(queue), 'send', queue)
    return await sendJobs(this.redis, { queue, messages, now: await brokerTime(this.redis, this.clock) })
  }

  async pause(queue: QueueAddress): Promise<void> {
    assertAble(await this.capabilities(queue), 'pause', queue)
  }

  async resume(queue: QueueAddress): Promise<void> {
    assertAble(await this.capabilities(queue), 'pause', queue)
  }

  private async find(queue: QueueAddress, ids: readonly string[]): Promise<readonly Target[]> {
    const parsed = ids.map((id) => ({ id, known: parseElementId(id) }))
    const known = parsed.flatMap(({ known: each }) => (each ? [each] : []))
    if (known.length === 0) return ids.map((id) => ({ id, element: null }))
    const found = [...(await findElements(sequenceOf(this.redis, queue), known, this.hints)).elements]
    return parsed.map(({ id, known: each }) => ({ id, element: each ? (found.shift() ?? null) : null }))
  }
}
