import type { Capabilities } from '@shared/model/capability'
import type { DetailSection } from '@shared/model/details'
import { layoutFacts } from '@shared/model/known-layouts'
import type { MessageDetail, MessagePage, MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { WorkerReport } from '@shared/model/worker'
import { type Clock, systemClock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { type BrowseRequest, type Found, type KeyFamily, type Reading, unreadable } from '../../reader'
import type { ItemOutcome, Remedies, Snapshot } from '../../remedies'
import { Listings, pageOf } from '../element-pages'
import { ask, askAll, askOne, brokerTime, type Command, explained, listOf, numberOf, textOf } from '../redis-asking'
import { assertAble } from '../refusals'
import { inspectJob, statesOf, summariesOf } from './job'
import { jobKey, keysOf, queuePrefix, queuesKey, sequenceOf } from './keys'
import { deleteJobs, requeueJobs, restoreJobs, takeSnapshots } from './mending'
import { workersOf } from './workers'

/** RQ's queues and registries. Jobs are pickled Python: they are moved, and never opened. The client is the caller's. */
export class RqAdapter implements Remedies {
  readonly layout = 'rq'
  /** Found by their registry; in a walk over all keys theirs are of no interest to anybody else. */
  readonly keys: KeyFamily = {
    sight: (key) => (key.startsWith('rq:') ? 'mine' : null),
    prove: async (candidates) => candidates.map(() => []),
  }
  private readonly clock: Clock
  private readonly listings = new Listings()

  constructor(
    private readonly redis: RedisClient,
    { clock = systemClock }: { readonly clock?: Clock } = {},
  ) {
    this.clock = clock
  }

  async discover(found: (queue: Found) => void, signal: AbortSignal): Promise<void> {
    let cursor = '0'
    do {
      const [next, keys] = listOf(await askOne(this.redis, ['SSCAN', queuesKey, cursor, 'COUNT', 1_000]))
      for (const each of listOf(keys)) {
        const key = textOf(each)
        if (key?.startsWith(queuePrefix))
          found({
            address: { layout: 'rq', prefix: 'rq', name: key.slice(queuePrefix.length) },
            product: 'RQ',
            ownKeys: [key],
          })
      }
      cursor = textOf(next) ?? '0'
    } while (cursor !== '0' && !signal.aborted)
  }

  /** Two pipelined questions for all queues: the counts with the next job's id, and since when that one waits. */
  async read(queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
    const perQueue = 6
    const answers = await askAll(
      this.redis,
      queues.flatMap(({ name }) => figuresOf(name)),
    )
    const rows = queues.map((_, index) => answers.slice(index * perQueue, (index + 1) * perQueue))
    const since = await askAll(
      this.redis,
      rows.map((row): Command => ['HGET', jobKey((row[5]?.ok ? textOf(row[5].value) : null) ?? ''), 'enqueued_at']),
    )
    const now = await brokerTime(this.redis, this.clock)
    return await Promise.all(
      rows.map(async (row, index) => {
        const bad = row.find((answer) => !answer.ok)
        if (bad && !bad.ok) {
          const { message, hint } = await explained(this.redis, bad)
          return unreadable(`${message} ${hint ?? ''}`.trim())
        }
        const [ready, leased, delayed, dead, done] = row.map((answer) => (answer.ok ? numberOf(answer.value) : null))
        const enqueuedAt = since[index]?.ok ? Date.parse(textOf(since[index].value) ?? '') : Number.NaN
        return {
          ...nothingKnown,
          ready: ready ?? null,
          leased: leased ?? null,
          delayed: delayed ?? null,
          dead: dead ?? null,
          done: done ?? null,
          oldestReadyMs: Number.isFinite(enqueuedAt) ? Math.max(0, now - enqueuedAt) : null,
        }
      }),
    )
  }

  async browse({ name }: QueueAddress, { state, cursor, limit }: BrowseRequest): Promise<MessagePage> {
    const page = await pageOf(sequenceOf(this.redis, name, state), this.listings, { cursor, limit })
    const rows = page.elements.map(({ bytes, score }) => ({ id: Buffer.from(bytes).toString('utf8'), score }))
    return {
      items: [...(await summariesOf(this.redis, state, rows))],
      nextCursor: page.nextCursor,
      total: page.total,
    }
  }

  inspect({ name }: QueueAddress, id: string): Promise<MessageDetail> {
    return inspectJob(this.redis, name, id)
  }

  states({ name }: QueueAddress, ids: readonly string[]): Promise<readonly (MessageState | null)[]> {
    return statesOf(this.redis, name, ids)
  }

  async capabilities(): Promise<Capabilities> {
    return layoutFacts.rq.abilities
  }

  workers(): Promise<WorkerReport> {
    return workersOf(this.redis)
  }

  async details({ name }: QueueAddress): Promise<readonly DetailSection[]> {
    const keys = keysOf(name)
    const [deferred, canceled] = await ask(this.redis, [
      ['ZCARD', keys.deferred],
      ['ZCARD', keys.canceled],
    ])
    return [
      {
        title: 'Other registries',
        note: 'Jobs that wait for others, and jobs that somebody took back.',
        facts: [
          { name: 'Deferred', value: String(numberOf(deferred) ?? 0) },
          { name: 'Canceled', value: String(numberOf(canceled) ?? 0) },
        ],
      },
    ]
  }

  snapshot({ name }: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly Snapshot[]> {
    return takeSnapshots(this.redis, { queue: name, state, ids })
  }

  replay({ name }: QueueAddress, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    return requeueJobs(this.redis, { queue: name, ids, now: this.clock.now() })
  }

  async edit(queue: QueueAddress): Promise<ItemOutcome> {
    assertAble(layoutFacts.rq.abilities, 'edit', queue)
    throw new Error('RQ’s jobs were said to be editable')
  }

  async remove({ name }: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    if (state === 'leased') return ids.map((id) => ({ id, outcome: 'failed', reason: 'a worker holds it' }))
    return await deleteJobs(this.redis, { queue: name, state, ids })
  }

  restore({ name }: QueueAddress, snapshots: readonly Snapshot[]): Promise<readonly ItemOutcome[]> {
    return restoreJobs(this.redis, name, snapshots)
  }

  async send(queue: QueueAddress): Promise<readonly string[]> {
    assertAble(layoutFacts.rq.abilities, 'send', queue)
    return []
  }

  async pause(queue: QueueAddress): Promise<void> {
    assertAble(layoutFacts.rq.abilities, 'pause', queue)
  }

  async resume(queue: QueueAddress): Promise<void> {
    assertAble(layoutFacts.rq.abilities, 'pause', queue)
  }
}

const figuresOf = (queue: string): readonly Command[] => {
  const keys = keysOf(queue)
  return [
    ['LLEN', keys.waiting],
    ['ZCARD', keys.started],
    ['ZCARD', keys.scheduled],
    ['ZCARD', keys.failed],
    ['ZCARD', keys.finished],
    ['LINDEX', keys.waiting, 0],
  ]
}

const nothingKnown: Pick<Reading, 'paused' | 'enqueuedTotal' | 'ackedTotal' | 'waitBuckets' | 'trouble'> = {
  paused: null,
  enqueuedTotal: null,
  ackedTotal: null,
  waitBuckets: null,
  trouble: null,
}
