import type { Capabilities } from '@shared/model/capability'
import type { DetailSection } from '@shared/model/details'
import { layoutFacts } from '@shared/model/known-layouts'
import type { MessageDetail, MessagePage, MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { WorkerReport } from '@shared/model/worker'
import { type Clock, systemClock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import type { BrowseRequest, Found, KeyFamily, Reading } from '../../reader'
import type { Edit, ItemOutcome, Outgoing, Remedies, Snapshot } from '../../remedies'
import { placesOf } from '../place-paging'
import { ask, askOne, listOf, numberOf, textOf } from '../redis-asking'
import { keysOf, queuesKey, segmentsOf } from './keys'
import { deleteTasks, editTask, restoreTasks, runArchived, sendTasks, takeSnapshots } from './mending'
import { readAll } from './reading'
import { inspectTask, statesOf, summariesOf } from './tasks'
import { workersOf } from './workers'

/** asynq's queues by its own key layout, which has been the same since 0.23. The client is the caller's. */
export class AsynqAdapter implements Remedies {
  readonly layout = 'asynq'
  /** Found by their registry; in a walk over all keys theirs are of no interest to anybody else. */
  readonly keys: KeyFamily = {
    sight: (key) => (key.startsWith('asynq:') ? 'mine' : null),
    prove: async (candidates) => candidates.map(() => []),
  }
  private readonly clock: Clock

  constructor(
    private readonly redis: RedisClient,
    { clock = systemClock }: { readonly clock?: Clock } = {},
  ) {
    this.clock = clock
  }

  async discover(found: (queue: Found) => void, signal: AbortSignal): Promise<void> {
    let cursor = '0'
    do {
      const [next, names] = listOf(await askOne(this.redis, ['SSCAN', queuesKey, cursor, 'COUNT', 1_000]))
      for (const each of listOf(names)) {
        const name = textOf(each)
        if (name)
          found({ address: { layout: 'asynq', prefix: 'asynq', name }, product: 'asynq', keyBase: keysOf(name).base })
      }
      cursor = textOf(next) ?? '0'
    } while (cursor !== '0' && !signal.aborted)
  }

  read(queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
    return readAll(this.redis, queues, this.clock)
  }

  async browse({ name }: QueueAddress, { state, cursor, limit }: BrowseRequest): Promise<MessagePage> {
    const { places, nextCursor, total } = await placesOf(this.redis, {
      segments: segmentsOf(name, state),
      cursor,
      limit,
    })
    return { items: [...(await summariesOf(this.redis, name, state, places))], nextCursor, total }
  }

  inspect({ name }: QueueAddress, id: string): Promise<MessageDetail> {
    return inspectTask(this.redis, name, id)
  }

  states({ name }: QueueAddress, ids: readonly string[]): Promise<readonly (MessageState | null)[]> {
    return statesOf(this.redis, name, ids)
  }

  async capabilities(): Promise<Capabilities> {
    return layoutFacts.asynq.abilities
  }

  workers(): Promise<WorkerReport> {
    return workersOf(this.redis)
  }

  async details({ name }: QueueAddress): Promise<readonly DetailSection[]> {
    const keys = keysOf(name)
    const [scheduled, retry, groups, processed, failed] = await ask(this.redis, [
      ['ZCARD', keys.scheduled],
      ['ZCARD', keys.retry],
      ['SCARD', keys.groups],
      ['GET', keys.processed],
      ['GET', keys.failed],
    ])
    const fact = (label: string, value: unknown) => ({ name: label, value: String(numberOf(value) ?? 0) })
    return [
      {
        title: 'Tasks',
        note: 'Delayed counts both: what is scheduled, and what waits for its next try.',
        facts: [
          fact('Scheduled', scheduled),
          fact('Waiting for a retry', retry),
          fact('Groups that are being joined', groups),
          fact('Processed since the queue exists', processed),
          fact('Failed tries since the queue exists', failed),
        ],
      },
    ]
  }

  snapshot({ name }: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly Snapshot[]> {
    return takeSnapshots(this.redis, name, { state, ids })
  }

  replay({ name }: QueueAddress, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    return runArchived(this.redis, name, ids)
  }

  edit({ name }: QueueAddress, edit: Edit): Promise<ItemOutcome> {
    return editTask(this.redis, name, edit)
  }

  async remove({ name }: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    if (state === 'leased') return ids.map((id) => ({ id, outcome: 'failed', reason: 'a worker holds it' }))
    return await deleteTasks(this.redis, name, { state, ids })
  }

  restore({ name }: QueueAddress, snapshots: readonly Snapshot[]): Promise<readonly ItemOutcome[]> {
    return restoreTasks(this.redis, name, snapshots)
  }

  send({ name }: QueueAddress, messages: readonly Outgoing[]): Promise<readonly string[]> {
    return sendTasks(this.redis, name, messages)
  }

  /** As asynq's own inspector: workers look for this key before they take a task. */
  async pause({ name }: QueueAddress): Promise<void> {
    await askOne(this.redis, ['SETNX', keysOf(name).paused, Math.floor(this.clock.now() / 1_000)])
  }

  async resume({ name }: QueueAddress): Promise<void> {
    await askOne(this.redis, ['DEL', keysOf(name).paused])
  }
}
