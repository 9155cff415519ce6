import { shippedDeclarations } from '@shared/model/shipped-declarations'
import type { TailPiece } from '@shared/model/tail'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type RedisStage, startRedisStage } from '../../testing/redis-stage'
import { DeclaredAdapter } from './adapter'
import { emit, StreamQueue, teamJob } from './team-code'

let stage: RedisStage
let adapter: DeclaredAdapter

beforeAll(async () => {
  stage = await startRedisStage()
})
afterAll(async () => {
  await stage.stop()
})
beforeEach(async () => {
  await stage.admin.flushall()
  adapter = new DeclaredAdapter(stage.client, shippedDeclarations)
})

const bodiesIn = ({ value }: IteratorResult<TailPiece>) =>
  (value as TailPiece).messages.map(({ base64 }) => Buffer.from(base64, 'base64').toString('utf8'))

const listeners = async (channel: string) => Number(((await stage.admin.pubsub('NUMSUB', channel)) as unknown[])[1])

const heard = (channel: string) => vi.waitFor(async () => expect(await listeners(channel)).toBe(1), 5_000)

describe('the tail of an event log', () => {
  const log = { layout: 'declared', prefix: 'event-log', name: 'user.created' } as const

  it('shows the last events and then each new one once', async () => {
    const before: string[] = []
    for (let n = 0; n < 5; n += 1)
      before.push(await emit(stage.admin, 'user.created', { n, ts: 1_718_000_000_000 + n }))
    const ending = new AbortController()
    const pieces = adapter.tail(log, { recent: 3 }, ending.signal)[Symbol.asyncIterator]()
    const first = await pieces.next()
    expect(bodiesIn(first)).toEqual(before.slice(2))
    expect((first.value as TailPiece).messages[0]!.at).toBe(1_718_000_000_002)
    const next = pieces.next()
    const event = await emit(stage.admin, 'user.created', { n: 5 })
    expect(bodiesIn(await next)).toEqual([event])
    expect(await stage.admin.llen('events:user.created')).toBe(6)
    const last = pieces.next()
    ending.abort()
    expect((await last).done).toBe(true)
    await vi.waitFor(async () => expect(await listeners('events:user.created')).toBe(0), 5_000)
  })

  it('sends an event as its producers do: kept, and told', async () => {
    const ending = new AbortController()
    const pieces = adapter.tail(log, { recent: 0 }, ending.signal)[Symbol.asyncIterator]()
    const next = pieces.next()
    await heard('events:user.created')
    const raw = '{"id":"e-1","payload":{"n":1}}'
    const message = { name: null, body: Buffer.from(raw), delayMs: 0, priority: null, attributes: {} }
    expect(await adapter.send(log, [message])).toEqual([expect.stringMatching(/^e-1#/)])
    expect(bodiesIn(await next)).toEqual([raw])
    expect(await stage.admin.lrange('events:user.created', 0, -1)).toEqual([raw])
    ending.abort()
  })

  it('purges a log and puts it back in its order', async () => {
    for (let n = 0; n < 10; n += 1) await emit(stage.admin, 'user.created', { n })
    const before = await stage.admin.lrange('events:user.created', 0, -1)
    const { items } = await adapter.browse(log, { state: 'done', cursor: null, limit: 4 })
    const ids = items.map(({ id }) => id)
    const kept = await adapter.snapshot(log, 'done', ids)
    expect((await adapter.remove(log, 'done', ids)).every(({ outcome }) => outcome === 'applied')).toBe(true)
    expect(await stage.admin.llen('events:user.created')).toBe(6)
    expect((await adapter.restore(log, kept)).every(({ outcome }) => outcome === 'applied')).toBe(true)
    expect(await stage.admin.lrange('events:user.created', 0, -1)).toEqual(before)
  })
})

describe('the tail of other declared queues', () => {
  it('follows a stream by the message in its entries', async () => {
    const orders = new StreamQueue(stage.admin, 'orders')
    await orders.start()
    await orders.enqueue(teamJob('o-1', 1))
    const ending = new AbortController()
    const queue = { layout: 'declared', prefix: 'stream-queue', name: 'orders' } as const
    const pieces = adapter.tail(queue, { recent: 10 }, ending.signal)[Symbol.asyncIterator]()
    expect(bodiesIn(await pieces.next())).toEqual([expect.stringContaining('"id":"o-1"')])
    ending.abort()
    expect((await pieces.next()).done).toBe(true)
  })

  it('is refused where nothing tells what is added', () => {
    const queue = { layout: 'declared', prefix: 'queue-list', name: 'x' } as const
    expect(() => adapter.tail(queue, { recent: 0 }, new AbortController().signal)).toThrow('cannot be tailed')
  })
})
