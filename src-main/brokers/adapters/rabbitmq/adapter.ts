import { Failure } from '@shared/failure'
import type { Capabilities } from '@shared/model/capability'
import type { DetailSection } from '@shared/model/details'
import type { MessageDetail, MessagePage, MessageState } from '@shared/model/message'
import { type QueueAddress, queueKey } from '@shared/model/queue'
import type { RoutingGraph } from '@shared/model/routing'
import type { Sample } from '@shared/model/sample'
import type { WorkerReport } from '@shared/model/worker'
import type { Acts } from '../../acts'
import type { RabbitmqConnection } from '../../clients/rabbitmq'
import { type BrowseRequest, type Found, type Peeking, type Reading, type TimeRange, unreadable } from '../../reader'
import type { Edit, ItemOutcome, Outgoing, Remedies, Snapshot } from '../../remedies'
import { assertAble } from '../refusals'
import { abilitiesOf } from './abilities'
import { actsOf } from './acts'
import { detailsOf } from './details'
import { readingOf } from './figures'
import { historyOf } from './history'
import { askQueue, isThere, listQueues } from './listing'
import { peekingOf } from './looking'
import { Looks } from './looks'
import { editMessage, removeMessages, sendBack } from './mending'
import { deliveryLimitOf, priceOf } from './price'
import { figureColumns, isDown, isStream, productOf } from './queue-facts'
import type { RabbitmqContext } from './rabbitmq-context'
import { routingOf } from './routing'
import { detailOf, goneMessage, pageOf, type Standing } from './rows'
import { sendMessages } from './sending'
import { restoreSnapshots, takeSnapshots } from './snapshots'
import { isDeadLetterQueue, spaceOf, TopologyKeeper } from './topology'
import { Turns } from './turns'
import { workersOf } from './workers'

/** Tags, plugins and nodes change while a connection stays: looked at anew this often, milliseconds; alarms with each reading. */
const refreshEveryMs = 15_000

/**
 * RabbitMQ's queues. Figures come from the management plugin, messages over AMQP. A message has no place of its own there and no id:
 * what is shown was seen in one look, for which a person paid the price, and is found again by being the very same.
 */
export class RabbitmqAdapter implements Remedies {
  readonly layout = 'rabbitmq' as const
  readonly readEveryMs: number
  readonly peeking: Peeking
  readonly acts: Acts
  private readonly context: RabbitmqContext
  private refreshedAt: number

  /** The connection is the caller's: it is neither opened nor closed here. */
  constructor(private readonly connection: RabbitmqConnection) {
    this.context = {
      connection,
      topology: new TopologyKeeper(connection),
      looks: new Looks(),
      turns: new Turns(),
      held: new Map(),
    }
    this.readEveryMs = connection.statisticsMs
    this.peeking = peekingOf(this.context)
    this.acts = actsOf(this.context)
    this.refreshedAt = connection.clock.elapsed()
  }

  /** Throws what hides a virtual host that was named, after all others were told. */
  async discover(found: (queue: Found) => void, signal: AbortSignal): Promise<void> {
    const topology = await this.context.topology.fresh()
    for (const [prefix, { queues, deadLetters }] of topology.spaces) {
      for (const [name, facts] of queues) {
        if (signal.aborted) return
        const way = deadLetters.ways.get(name)
        const [target, ...others] = way?.targets ?? []
        const at = (queue: string): QueueAddress => ({ layout: 'rabbitmq', prefix, name: queue })
        found({
          address: facts.address,
          product: productOf(facts),
          deadLetterQueue: way?.certain && target !== undefined && others.length === 0 ? at(target) : null,
          deadLetterSources: (deadLetters.sourcesOf.get(name) ?? []).map(at),
        })
      }
    }
    for (const trouble of topology.troubles.values()) throw trouble
  }

  async read(queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
    const { clock } = this.connection
    const [{ rows, troubles }, topology] = await Promise.all([
      listQueues(this.connection, figureColumns),
      this.context.topology.recent(),
      this.refresh(),
    ])
    const known = new Map(rows.map((facts) => [queueKey(facts.address), facts]))
    const nowMs = clock.now()
    return queues.map((queue) => {
      const trouble = troubles.get(queue.prefix)
      if (trouble) return unreadable(trouble.message)
      const facts = known.get(queueKey(queue))
      return readingOf(queue, facts, { isDeadLetterQueue: isDeadLetterQueue(topology, queue), nowMs })
    })
  }

  async history(queue: QueueAddress, range: TimeRange): Promise<readonly Sample[]> {
    const topology = await this.context.topology.recent()
    const facts = spaceOf(topology, queue).queues.get(queue.name)
    return await historyOf(this.connection, {
      ...range,
      queue,
      isDeadLetterQueue: isDeadLetterQueue(topology, queue),
      isStream: facts !== undefined && isStream(facts),
    })
  }

  async browse(queue: QueueAddress, request: BrowseRequest): Promise<MessagePage> {
    const standing = await this.standing(queue)
    return pageOf(this.context.looks.of(queue), standing, request)
  }

  async inspect(queue: QueueAddress, id: string): Promise<MessageDetail> {
    const standing = await this.standing(queue)
    const kept = this.context.looks.of(queue)?.messages.get(id)
    if (!kept) throw goneMessage(id)
    return detailOf(kept, standing)
  }

  async states(queue: QueueAddress, ids: readonly string[]): Promise<readonly (MessageState | null)[]> {
    const { state } = await this.standing(queue)
    const messages = this.context.looks.of(queue)?.messages
    return ids.map((id) => (messages?.has(id) ? state : null))
  }

  async capabilities(queue: QueueAddress): Promise<Capabilities> {
    const { looks, topology } = this.context
    const { version, statisticsOff } = this.connection
    const [facts, known] = await Promise.all([
      askQueue(this.connection, queue, `look at ${queue.name}`),
      topology.recent(),
    ])
    const before = looks.of(queue) ?? null
    return abilitiesOf(facts, {
      isDeadLetterQueue: isDeadLetterQueue(known, queue),
      price: priceOf({ facts, version, statisticsOff, before, own: looks.ownRedeliveries(queue) }),
    })
  }

  async details(queue: QueueAddress): Promise<readonly DetailSection[]> {
    return await detailsOf(this.context, queue)
  }

  async workers(): Promise<WorkerReport> {
    return await workersOf(this.connection)
  }

  async routing(): Promise<RoutingGraph> {
    return await routingOf(this.connection, this.context.topology)
  }

  snapshot(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly Snapshot[]> {
    return this.standing(queue).then((standing) =>
      standing.state === state ? takeSnapshots(this.context, { queue, state, ids }) : [],
    )
  }

  async replay(queue: QueueAddress, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    assertAble(await this.capabilities(queue), 'replay', queue)
    return await this.context.turns.take(queue, () => sendBack(this.context, queue, ids))
  }

  async edit(queue: QueueAddress, edit: Edit): Promise<ItemOutcome> {
    assertAble(await this.capabilities(queue), 'edit', queue)
    return await this.context.turns.take(queue, () => editMessage(this.context, queue, edit))
  }

  async remove(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    assertAble(await this.capabilities(queue), 'discard', queue)
    const standing = await this.standing(queue)
    if (standing.state !== state) return ids.map((id) => ({ id, outcome: 'gone' }))
    return await this.context.turns.take(queue, () => removeMessages(this.context, queue, ids))
  }

  async restore(queue: QueueAddress, snapshots: readonly Snapshot[]): Promise<readonly ItemOutcome[]> {
    assertAble(await this.capabilities(queue), 'restore', queue)
    return await this.context.turns.take(queue, () => restoreSnapshots(this.context, queue, snapshots))
  }

  async send(queue: QueueAddress, messages: readonly Outgoing[]): Promise<readonly string[]> {
    assertAble(await this.capabilities(queue), 'send', queue)
    return await sendMessages(this.context, queue, messages)
  }

  pause(queue: QueueAddress): Promise<void> {
    return this.refusePause(queue)
  }

  resume(queue: QueueAddress): Promise<void> {
    return this.refusePause(queue)
  }

  /** What a look still holds goes back. */
  async close(): Promise<void> {
    await Promise.all([...this.context.held.values()].map((release) => release()))
  }

  private async refusePause(queue: QueueAddress): Promise<never> {
    assertAble(await this.capabilities(queue), 'pause', queue)
    throw new Failure({ code: 'unsupported', message: `${queue.name} cannot be paused.`, subject: queue.name })
  }

  /** Which state the queue's messages are in. What was seen of a queue that is not there any more is forgotten. */
  private async standing(queue: QueueAddress): Promise<Standing> {
    const { looks, topology } = this.context
    const [there, known] = await Promise.all([isThere(this.connection, queue), topology.recent()])
    if (!there) looks.forget(queue)
    const facts = spaceOf(known, queue).queues.get(queue.name)
    const limit = facts && !isDown(facts) ? deliveryLimitOf(facts, this.connection.version) : null
    return {
      state: isDeadLetterQueue(known, queue) ? 'dead' : 'ready',
      deliveryLimit: limit === 'unknown' ? null : limit,
    }
  }

  /** Never fails: what hinders it hinders the reading beside it too, which says so. */
  private async refresh(): Promise<void> {
    const now = this.connection.clock.elapsed()
    const isDue = now - this.refreshedAt >= refreshEveryMs
    if (isDue) this.refreshedAt = now
    await this.connection.refresh(isDue ? 'all' : 'alarms').catch(() => {})
  }
}
