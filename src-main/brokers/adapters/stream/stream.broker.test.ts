import type { QueueAddress } from '@shared/model/queue'
import type { TailPiece } from '@shared/model/tail'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RedisStage, startRedisStage } from '../../testing/redis-stage'
import { StreamAdapter } from './adapter'

let stage: RedisStage
let adapter: StreamAdapter

beforeAll(async () => {
  stage = await startRedisStage()
})
afterAll(async () => {
  await stage.stop()
})
beforeEach(async () => {
  await stage.admin.flushall()
  adapter = new StreamAdapter(stage.client)
})

const address = (name: string): QueueAddress => ({ layout: 'stream', prefix: '', name })
const orders = address('orders')

async function add(count: number, { key = 'orders', from = 1 }: { key?: string; from?: number } = {}): Promise<void> {
  const pipeline = stage.admin.pipeline()
  for (let n = from; n < from + count; n += 1) pipeline.xadd(key, `${n}-0`, 'data', `body ${n}`)
  await pipeline.exec()
}

async function give(count: number, group = 'g', consumer = 'c'): Promise<readonly string[]> {
  const answer = (await stage.admin.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', 'orders', '>')) as
    | [string, [string, string[]][]][]
    | null
  return (answer?.[0]?.[1] ?? []).map(([id]) => id)
}

const group = (name = 'g', start = '0') => stage.admin.xgroup('CREATE', 'orders', name, start)
const act = (id: string, values: Record<string, string>) => adapter.acts.act(orders, { id, values })
const pending = async (name = 'g') => Number(((await stage.admin.xpending('orders', name)) as unknown[])[0])

describe('figures of streams', () => {
  it('tells the age of the first entry that the slowest group has not been given', async () => {
    const now = Date.now()
    for (const agoMs of [90_000, 60_000, 30_000]) await stage.admin.xadd('orders', `${now - agoMs}-0`, 'data', 'x')
    expect((await adapter.read([orders]))[0]!.oldestReadyMs).toBeGreaterThanOrEqual(90_000)
    await group('fast')
    await group('slow')
    await give(3, 'fast')
    await give(1, 'slow')
    const [reading] = await adapter.read([orders])
    expect(reading).toMatchObject({ ready: 2, leased: 4, dead: null, done: null, enqueuedTotal: 3, trouble: null })
    expect(reading!.oldestReadyMs).toBeGreaterThanOrEqual(60_000)
    expect(reading!.oldestReadyMs).toBeLessThan(90_000)
  })

  it('knows no age where producers choose the ids', async () => {
    await add(3)
    expect((await adapter.read([orders]))[0]).toMatchObject({ ready: 3, oldestReadyMs: null })
  })

  it('reads a thousand streams by two commands each', async () => {
    const pipeline = stage.admin.pipeline()
    for (let n = 0; n < 1_000; n += 1) {
      pipeline.xadd(`s:${n}`, '*', 'data', 'x')
      pipeline.xgroup('CREATE', `s:${n}`, 'g', '0')
    }
    await pipeline.exec()
    await stage.admin.config('RESETSTAT')
    const readings = await adapter.read(Array.from({ length: 1_000 }, (_, n) => address(`s:${n}`)))
    expect(readings.every(({ ready, leased }) => ready === 1 && leased === 0)).toBe(true)
    const calls = [...(await stage.admin.info('commandstats')).matchAll(/cmdstat_([a-z|]+):calls=(\d+)/g)]
    const counted = Object.fromEntries(calls.map((call) => [call[1], Number(call[2])]))
    expect(counted['xinfo|stream']).toBe(1_000)
    expect(counted['xinfo|groups']).toBe(1_000)
    expect(counted.xrange).toBeUndefined()
  })

  it('says unknown where the server cannot tell the lag, and counts it when asked', async () => {
    await add(10)
    await group()
    await give(2)
    await stage.admin.xdel('orders', '5-0')
    const [reading] = await adapter.read([orders])
    expect(reading).toMatchObject({ ready: null, leased: 2 })
    const [told] = await adapter.streaming.groups(orders)
    expect(told).toMatchObject({ lag: 7, lagIsLeast: false, pending: 2 })
    expect(told!.warnings).toEqual([expect.stringContaining('nothing tells how many')])
    expect((await adapter.browse(orders, { state: 'ready', cursor: null, limit: 20 })).items.length).toBe(7)
  })

  it('counts up to a bound, and says so', async () => {
    await add(12_000)
    await group('g', '1-0')
    await stage.admin.xdel('orders', '500-0')
    const [told] = await adapter.streaming.groups(orders)
    expect(told).toMatchObject({ lag: 10_000, lagIsLeast: true })
  })

  it('does not count what was trimmed unread, and warns of it', async () => {
    await add(10)
    await group()
    await give(2)
    await stage.admin.xtrim('orders', 'MAXLEN', 3)
    const info = (await stage.admin.xinfo('GROUPS', 'orders')) as unknown[][]
    // The server itself counts what nobody can read any more.
    expect(info[0]![info[0]!.indexOf('lag') + 1]).toBe(8)
    expect((await adapter.read([orders]))[0]).toMatchObject({ ready: 3, leased: 2 })
    const [told] = await adapter.streaming.groups(orders)
    expect(told!.lag).toBe(3)
    expect(told!.warnings).toEqual([
      '5 entries were trimmed or deleted unread.',
      '2 pending entries have no body any more: trimmed before they were acknowledged.',
    ])
  })

  it('does not pull large entries again and again only to count them', async () => {
    await stage.admin.xadd('orders', '*', 'data', 'x'.repeat(200_000))
    await stage.admin.xadd('orders', '*', 'data', 'y')
    await group()
    await give(1)
    expect((await adapter.read([orders]))[0]).toMatchObject({ ready: 1, leased: 1, enqueuedTotal: 2 })
    await stage.admin.config('RESETSTAT')
    expect((await adapter.read([orders]))[0]).toMatchObject({
      ready: 1,
      leased: 1,
      enqueuedTotal: null,
      oldestReadyMs: null,
    })
    expect(await stage.admin.info('commandstats')).not.toContain('xinfo|stream')
  })

  it('is not confused by a stream that is gone, or something else of its name', async () => {
    await add(1)
    await stage.admin.set('other', 'x')
    const readings = await adapter.read([address('nowhere'), orders, address('other')])
    expect(readings[0]!.trouble).toBe('The stream nowhere is not there any more.')
    expect(readings[1]!.trouble).toBeNull()
    expect(readings[2]!.trouble).toBe('other holds a string where this layout keeps a stream.')
    expect(await adapter.streaming.groups(address('nowhere'))).toEqual([])
    expect((await adapter.details(address('nowhere')))[0]!.note).toContain('not there')
  })
})

describe('looking into a stream', () => {
  it('goes on where it was when the stream is trimmed under the cursor', async () => {
    await add(20)
    const first = await adapter.browse(orders, { state: 'ready', cursor: null, limit: 5 })
    await stage.admin.xtrim('orders', 'MAXLEN', 8)
    const second = await adapter.browse(orders, { state: 'ready', cursor: first.nextCursor, limit: 5 })
    expect(first.items.map(({ id }) => id)).toEqual(['1-0', '2-0', '3-0', '4-0', '5-0'])
    expect(second.items.map(({ id }) => id)).toEqual(['13-0', '14-0', '15-0', '16-0', '17-0'])
  })

  it('shows a pending entry whose body was trimmed as that', async () => {
    await add(3)
    await group()
    await give(3)
    await stage.admin.xtrim('orders', 'MAXLEN', 1)
    const page = await adapter.browse(orders, { state: 'leased', cursor: null, limit: 10 })
    expect(page.items.map(({ id, preview }) => [id, preview])).toEqual([
      ['1-0@g', '(trimmed: this entry has no body any more)'],
      ['2-0@g', '(trimmed: this entry has no body any more)'],
      ['3-0@g', 'body 3'],
    ])
    expect(page.total).toBe(3)
    const detail = await adapter.inspect(orders, '1-0@g')
    expect(detail.body).toMatchObject({ kind: 'missing' })
    expect(detail.facts).toEqual([{ name: 'pending in g', value: expect.stringContaining('held by c') }])
    const listed = await adapter.streaming.pending(orders, { group: 'g', consumer: null, cursor: null, limit: 2 })
    expect(listed.items.map(({ id, missing, deliveries }) => [id, missing, deliveries])).toEqual([
      ['1-0', true, 1],
      ['2-0', true, 1],
    ])
    const rest = await adapter.streaming.pending(orders, {
      group: 'g',
      consumer: 'c',
      cursor: listed.nextCursor,
      limit: 2,
    })
    expect(rest).toMatchObject({ items: [{ id: '3-0', missing: false, preview: 'body 3' }], nextCursor: null })
  })

  it('shows what several groups hold, each in its own row', async () => {
    await add(4)
    await group('a')
    await group('b')
    await give(3, 'a', 'x')
    await give(2, 'b', 'y')
    const ids: string[] = []
    let cursor: string | null = null
    do {
      const page = await adapter.browse(orders, { state: 'leased', cursor, limit: 2 })
      ids.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(ids).toEqual(['1-0@a', '2-0@a', '3-0@a', '1-0@b', '2-0@b'])
    expect(await adapter.states(orders, ['1-0', '3-0', '4-0', '3-0@b', '9-0', 'nonsense'])).toEqual([
      'leased',
      'leased',
      'ready',
      null,
      null,
      null,
    ])
    await stage.admin.xack('orders', 'a', '1-0')
    await stage.admin.xack('orders', 'b', '1-0')
    expect(await adapter.states(orders, ['1-0'])).toEqual(['done'])
  })

  it('tells how the body was made, and keeps the fields beside it', async () => {
    await stage.admin.xadd('orders', '1-0', 'n', '9007199254740993', 'raw', Buffer.from([0xff, 0x00]), 'n', 'again')
    const detail = await adapter.inspect(orders, '1-0')
    if (detail.body.kind !== 'whole') throw new Error('the body is not whole')
    expect(Buffer.from(detail.body.base64, 'base64').toString('utf8')).toBe(
      '{"n":"9007199254740993","raw":"\ufffd\\u0000","n":"again"}',
    )
    expect(detail.facts).toEqual([{ name: 'body', value: 'its 3 fields as JSON; not UTF-8, so not exact here: raw' }])
    expect(detail.attributes.map(({ name }) => name)).toEqual(['n', 'raw', 'n'])
  })

  it('refuses a place that it did not give out', async () => {
    await add(1)
    for (const state of ['ready', 'leased'] as const)
      await expect(adapter.browse(orders, { state, cursor: 'x', limit: 1 })).rejects.toMatchObject({
        code: 'bad-input',
      })
  })

  it('tells the consumers of all its groups', async () => {
    await add(3)
    await group()
    await give(2)
    await stage.discover(adapter)
    const report = await adapter.workers()
    expect(report.workers).toMatchObject([{ id: 'orders g c', queues: ['orders'], state: 'busy', holdsCount: 2 }])
    expect(report.incomplete).toContain('without a group')
  })
})

describe('mending a stream', () => {
  it('deletes unread entries and leaves alone what a consumer holds', async () => {
    await add(5)
    await group('fast')
    await group('slow')
    await give(2, 'fast')
    const kept = await adapter.snapshot(orders, 'ready', ['2-0', '3-0', '4-0'])
    expect(kept.map(({ id }) => id)).toEqual(['3-0', '4-0'])
    expect(await adapter.remove(orders, 'ready', ['2-0', '3-0', '4-0', '4-0', 'nonsense'])).toEqual([
      { id: '2-0', outcome: 'failed', reason: 'a consumer holds it' },
      { id: '3-0', outcome: 'applied' },
      { id: '4-0', outcome: 'applied' },
      { id: '4-0', outcome: 'gone' },
      { id: 'nonsense', outcome: 'gone' },
    ])
    expect(await stage.admin.xlen('orders')).toBe(3)
  })

  it('brings deleted entries back at the end, byte for byte', async () => {
    const raw = Buffer.from([0xff, 0xfe, 0x00])
    await stage.admin.xadd('orders', '1-0', 'b', raw, 'a', 'x', 'b', 'twice')
    await add(1, { from: 2 })
    const kept = await adapter.snapshot(orders, 'ready', ['1-0'])
    expect(await adapter.restore(orders, kept)).toMatchObject([{ outcome: 'changed' }])
    await adapter.remove(orders, 'ready', ['1-0'])
    expect(await adapter.restore(orders, kept)).toEqual([{ id: '1-0', outcome: 'applied' }])
    const rows = (await stage.admin.xrangeBuffer('orders', '-', '+')) as [Buffer, Buffer[]][]
    expect(rows.map(([, fields]) => fields)).toEqual([
      [Buffer.from('data'), Buffer.from('body 2')],
      [Buffer.from('b'), raw, Buffer.from('a'), Buffer.from('x'), Buffer.from('b'), Buffer.from('twice')],
    ])
  })

  it('adds entries as those there are made, with attributes as fields', async () => {
    await stage.admin.xadd('orders', '1-0', 'payload', 'first')
    const message = { name: null, body: Buffer.from('second'), delayMs: 0, priority: null, attributes: {} }
    const ids = await adapter.send(orders, [
      message,
      { ...message, attributes: { host: 'web-1' }, body: Buffer.from('third'), options: { field: 'note' } },
      { ...message, attributes: { host: 'web-2' }, body: Buffer.alloc(0) },
    ])
    const rows = await stage.admin.xrange('orders', '(1-0', '+')
    expect(rows.map(([id]) => id)).toEqual(ids)
    expect(rows.map(([, fields]) => fields)).toEqual([
      ['payload', 'second'],
      ['host', 'web-1', 'note', 'third'],
      ['host', 'web-2'],
    ])
    for (const bad of [{ delayMs: 5 }, { priority: 1 }, { name: 'x' }, { options: { group: 'x' } }])
      await expect(adapter.send(orders, [{ ...message, ...bad }])).rejects.toMatchObject({ code: 'bad-input' })
  })
})

describe('acts on a stream', () => {
  it('claims what was idle for long, and says what had no body any more', async () => {
    await add(4)
    await group()
    await give(4, 'g', 'dead-consumer')
    await stage.admin.xdel('orders', '2-0')
    const none = await act('claim', { group: 'g', consumer: 'alive', from: '', minIdleMs: '3600000', count: '100' })
    expect(none).toMatchObject({ done: 0 })
    const report = await act('claim', {
      group: 'g',
      consumer: 'alive',
      from: 'dead-consumer',
      minIdleMs: '0',
      count: '3',
    })
    expect(report).toEqual({
      words: '2 pending entries of g were given to alive. 1 had no body any more and stopped being pending.',
      done: 2,
      failed: 1,
    })
    const held = (await stage.admin.xpending('orders', 'g', '-', '+', 10, 'alive')) as unknown[][]
    expect(held.map(([id]) => id)).toEqual(['1-0', '3-0'])
    expect(await pending()).toBe(3)
  })

  it('acknowledges the ids that are named, or all that were idle', async () => {
    await add(5)
    await group()
    await give(5)
    expect(await act('ack', { group: 'g', ids: '1-0, 2-0 9-9', minIdleMs: '', count: '' })).toMatchObject({
      done: 2,
      failed: 1,
    })
    expect(await act('ack', { group: 'g', ids: '', minIdleMs: '0', count: '2' })).toMatchObject({ done: 2, failed: 0 })
    expect(await pending()).toBe(1)
    await expect(act('ack', { group: 'g', ids: 'x' })).rejects.toMatchObject({ code: 'bad-input', subject: 'ids' })
    await expect(act('ack', { group: 'nobody', ids: '1-0' })).resolves.toMatchObject({ done: 0 })
  })

  it('deletes a consumer only after what it holds went to another', async () => {
    await add(2_500)
    await group()
    await give(2_500, 'g', 'old')
    const values = { group: 'g', consumer: 'old', heir: '' }
    await expect(act('delete-consumer', values)).rejects.toMatchObject({ code: 'unsupported', subject: 'heir' })
    expect(await pending()).toBe(2_500)
    expect(await act('delete-consumer', { ...values, heir: 'new' })).toMatchObject({ done: 2_500 })
    expect(await pending()).toBe(2_500)
    const consumers = (await stage.admin.xinfo('CONSUMERS', 'orders', 'g')) as unknown[][]
    expect(consumers.map((each) => each[1])).toEqual(['new'])
    await expect(act('delete-consumer', values)).rejects.toMatchObject({ code: 'gone' })
  })

  it('creates a group once', async () => {
    await add(3)
    await act('create-group', { group: 'late', start: '2-0' })
    expect(await give(5, 'late')).toEqual(['3-0'])
    await expect(act('create-group', { group: 'late', start: '0' })).rejects.toMatchObject({ code: 'conflict' })
    await expect(act('create-group', { group: 'x', start: 'y' })).rejects.toMatchObject({ subject: 'start' })
  })

  it('deletes entries by id, but none that is held', async () => {
    await add(3)
    await group()
    await give(1)
    expect(await act('delete-entries', { ids: '1-0 2-0 7-0' })).toEqual({
      words: '1 entries were deleted. 1 are held by consumers and were left alone.',
      done: 1,
      failed: 2,
    })
    expect(await stage.admin.xlen('orders')).toBe(2)
  })

  it('trims up to what every group has acknowledged, and not behind it', async () => {
    await add(10_000)
    await group('fast')
    await group('slow')
    await give(10_000, 'fast')
    const given = await give(9_000, 'slow')
    await stage.admin.xack('orders', 'fast', ...given)
    await stage.admin.xack('orders', 'slow', ...given.slice(0, 8_000))
    const offer = (await adapter.acts.offers(orders)).find(({ id }) => id === 'trim')
    expect(offer).toMatchObject({ refusal: null, fields: [{ name: 'minId', value: '8001-0' }] })
    await expect(act('trim', { minId: '8002-0' })).rejects.toMatchObject({
      code: 'unsupported',
      message: 'Entries from 8001-0 on are not acknowledged by every group.',
    })
    expect(await stage.admin.xlen('orders')).toBe(10_000)
    expect(await act('trim', { minId: '8001-0' })).toMatchObject({ done: 8_000 })
    expect((await stage.admin.xrange('orders', '-', '+', 'COUNT', 1))[0]![0]).toBe('8001-0')
  })

  it('offers nothing of groups where there are none, and says why', async () => {
    await add(1)
    const offers = await adapter.acts.offers(orders)
    expect(offers.filter(({ refusal }) => refusal !== null).map(({ id }) => id)).toEqual([
      'claim',
      'ack',
      'delete-consumer',
      'trim',
    ])
    await expect(act('trim', { minId: '1-0' })).rejects.toMatchObject({ code: 'unsupported' })
    await expect(act('nonsense', {})).rejects.toMatchObject({ code: 'not-found' })
  })

  it('says what a user may not do', async () => {
    await add(1)
    await group()
    await give(1)
    const reading = new StreamAdapter(stage.readingClient)
    await expect(reading.acts.act(orders, { id: 'ack', values: { group: 'g', ids: '1-0' } })).rejects.toMatchObject({
      code: 'denied',
    })
    expect(await reading.remove(orders, 'ready', ['1-0'])).toMatchObject([{ outcome: 'failed' }])
    expect(await pending()).toBe(1)
  })
})

describe('the tail of a stream', () => {
  it('shows the last ones and then what is added, and moves no group', async () => {
    await add(5)
    await group()
    const ending = new AbortController()
    const pieces = adapter.tail(orders, { recent: 2 }, ending.signal)[Symbol.asyncIterator]()
    expect(idsIn(await pieces.next())).toEqual(['4-0', '5-0'])
    const next = pieces.next()
    await add(2, { from: 6 })
    expect(idsIn(await next)).toEqual(['6-0', '7-0'])
    await stage.admin.del('orders')
    await add(1)
    expect(idsIn(await pieces.next())).toEqual(['1-0'])
    const last = pieces.next()
    ending.abort()
    expect((await last).done).toBe(true)
  })

  it('counts what went by faster than it is shown', async () => {
    await add(1)
    const ending = new AbortController()
    const pieces = adapter.tail(orders, { recent: 1 }, ending.signal)[Symbol.asyncIterator]()
    await pieces.next()
    await add(5_000, { from: 2 })
    const piece = (await pieces.next()).value as TailPiece
    expect(piece.messages.at(-1)!.id).toBe('5001-0')
    expect(piece.missed + piece.messages.length).toBe(5_000)
    expect(piece.missed).toBeGreaterThan(0)
    ending.abort()
    expect((await pieces.next()).done).toBe(true)
  })

  const idsIn = (result: IteratorResult<TailPiece>) => result.value.messages.map(({ id }: { id: string }) => id)
})
