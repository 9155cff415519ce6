import { createHash } from 'node:crypto'
import type { QueueAddress } from '@shared/model/queue'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RedisStage, startRedisStage } from '../../testing/redis-stage'
import { ListAdapter } from './adapter'

let stage: RedisStage
let adapter: ListAdapter

beforeAll(async () => {
  stage = await startRedisStage()
})
afterAll(async () => {
  await stage.stop()
})
beforeEach(async () => {
  await stage.admin.flushall()
  adapter = new ListAdapter(stage.client, { takenFrom: new Map([['jobs', 'right']]) })
})

const jobs: QueueAddress = { layout: 'list', prefix: '', name: 'jobs' }
/** Of a direction that nobody has named. */
const unknown: QueueAddress = { layout: 'list', prefix: '', name: 'unknown' }

const push = (key: string, from: number, to: number) =>
  stage.admin.lpush(key, ...Array.from({ length: to - from }, (_, n) => `job ${from + n}`))

/** All rows, with something happening to the list between two pages. */
async function walk(queue: QueueAddress, limit: number, between: () => Promise<unknown> = () => Promise.resolve()) {
  const rows: { readonly id: string; readonly preview: string }[] = []
  let cursor: string | null = null
  do {
    const page = await adapter.browse(queue, { state: 'ready', cursor, limit })
    rows.push(...page.items)
    cursor = page.nextCursor
    if (cursor !== null) await between()
  } while (cursor !== null)
  return rows
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('paging through a list', () => {
  it.each([
    ['as its consumers take', jobs],
    ['from the left, where nobody has named the end', unknown],
  ])('neither repeats nor skips while others push and pop: %s', async (_, queue) => {
    await push(queue.name, 0, 3_000)
    let pushed = 3_000
    let popped = 0
    const rows = await walk(queue, 100, async () => {
      if (pushed >= 4_000) return
      await push(queue.name, pushed, pushed + 30)
      pushed += 30
      await stage.admin.rpop(queue.name, 70)
      popped += 70
    })
    const seen = rows.map(({ preview }) => Number(preview.slice(4)))
    expect(new Set(seen).size).toBe(seen.length)
    // What was there all the time was shown.
    for (let n = popped; n < 3_000; n += 1) expect(seen).toContain(n)
    expect(seen).toEqual([...seen].sort(queue === jobs ? (a, b) => a - b : (a, b) => b - a))
  })

  it('goes on in the right place when the rows before it were removed by hand', async () => {
    await push('jobs', 0, 50)
    const first = await adapter.browse(jobs, { state: 'ready', cursor: null, limit: 10 })
    for (const n of [7, 8, 9]) await stage.admin.lrem('jobs', 1, `job ${n}`)
    const second = await adapter.browse(jobs, { state: 'ready', cursor: first.nextCursor, limit: 3 })
    expect(second.items.map(({ preview }) => preview)).toEqual(['job 10', 'job 11', 'job 12'])
    await stage.admin.ltrim('jobs', 0, 20)
    const third = await adapter.browse(jobs, { state: 'ready', cursor: second.nextCursor, limit: 2 })
    expect(third.items.map(({ preview }) => preview)).toEqual(['job 29', 'job 30'])
  })

  it('goes on for one who knows nothing of the pages before', async () => {
    await push('jobs', 0, 1_000)
    const { nextCursor } = await adapter.browse(jobs, { state: 'ready', cursor: null, limit: 10 })
    const another = new ListAdapter(stage.client, { takenFrom: new Map([['jobs', 'right']]) })
    const page = await another.browse(jobs, { state: 'ready', cursor: nextCursor, limit: 2 })
    expect(page.items.map(({ preview }) => preview)).toEqual(['job 10', 'job 11'])
  })

  it('tells elements with the same bytes apart, on all pages', async () => {
    await stage.admin.rpush('jobs', ...Array.from({ length: 500 }, (_, n) => (n % 7 === 0 ? `other ${n}` : 'ping')))
    const rows = await walk(jobs, 50)
    expect(rows.length).toBe(500)
    expect(new Set(rows.map(({ id }) => id)).size).toBe(500)
    const again = await walk(jobs, 50)
    expect(again.map(({ id }) => id)).toEqual(rows.map(({ id }) => id))
  })

  it('brings fewer rows at once where elements are large', async () => {
    for (let n = 0; n < 30; n += 1) await stage.admin.lpush('jobs', `${n} ${'x'.repeat(400_000)}`)
    const page = await adapter.browse(jobs, { state: 'ready', cursor: null, limit: 30 })
    expect(page.items.length).toBeLessThan(6)
    expect((await walk(jobs, 30)).map(({ preview }) => Number(preview.split(' ')[0]))).toEqual(
      Array.from({ length: 30 }, (_, n) => n),
    )
  })

  it('refuses a place that it did not give out', async () => {
    await push('jobs', 0, 3)
    for (const cursor of ['x', '[]', '["a",-1,2,null]'])
      await expect(adapter.browse(jobs, { state: 'ready', cursor, limit: 1 })).rejects.toMatchObject({
        code: 'bad-input',
      })
  })
})

describe('mending a list', () => {
  it('removes what was meant, wherever it stands by now', async () => {
    await push('jobs', 0, 2_000)
    const rows = await walk(jobs, 200)
    const chosen = [900, 901, 1_500].map((n) => rows[n]!.id)
    await push('jobs', 2_000, 3_000)
    await stage.admin.rpop('jobs', 600)
    const taken = rows[10]!.id
    expect(await adapter.states(jobs, [...chosen, taken])).toEqual(['ready', 'ready', 'ready', null])
    expect(await adapter.remove(jobs, 'ready', [...chosen, taken, 'no-such-message'])).toEqual([
      ...chosen.map((id) => ({ id, outcome: 'applied' })),
      { id: taken, outcome: 'gone' },
      { id: 'no-such-message', outcome: 'gone' },
    ])
    expect((await adapter.remove(jobs, 'ready', chosen)).map(({ outcome }) => outcome)).toEqual([
      'gone',
      'gone',
      'gone',
    ])
    const left = await stage.admin.lrange('jobs', 0, -1)
    expect(left.length).toBe(2_397)
    expect(left).not.toContain('job 900')
    expect(left).toContain('job 899')
    expect(left.some((element) => element.includes('queuescope'))).toBe(false)
  })

  it('removes as many copies as were named, and no more', async () => {
    await stage.admin.rpush('jobs', 'a', 'ping', 'b', 'ping', 'ping', 'c')
    const pings = (await walk(jobs, 10)).filter(({ preview }) => preview === 'ping').map(({ id }) => id)
    expect((await adapter.remove(jobs, 'ready', pings.slice(1))).map(({ outcome }) => outcome)).toEqual([
      'applied',
      'applied',
    ])
    expect((await stage.admin.lrange('jobs', 0, -1)).sort()).toEqual(['a', 'b', 'c', 'ping'])
    expect((await adapter.remove(jobs, 'ready', pings.slice(1))).map(({ outcome }) => outcome)).toEqual([
      'gone',
      'gone',
    ])
    expect(await adapter.states(jobs, pings)).toEqual(['ready', null, null])
  })

  it('puts removed ones back, each once, also copies and bytes that are no text', async () => {
    const raw = Buffer.from([0xff, 0x00, 0xfe])
    await stage.admin.rpush('jobs', 'first', raw, 'ping', 'ping', 'last')
    const rows = await walk(jobs, 10)
    const ids = rows.filter(({ preview }) => preview !== 'first' && preview !== 'last').map(({ id }) => id)
    const kept = await adapter.snapshot(jobs, 'ready', ids)
    expect(kept.length).toBe(3)
    expect((await adapter.restore(jobs, kept)).map(({ outcome }) => outcome)).toEqual(['changed', 'changed', 'changed'])
    await adapter.remove(jobs, 'ready', ids)
    expect((await adapter.restore(jobs, kept)).map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'applied'])
    expect((await adapter.restore(jobs, kept)).map(({ outcome }) => outcome)).toEqual(['changed', 'changed', 'changed'])
    expect(await stage.admin.lrangeBuffer('jobs', 0, -1)).toEqual([
      // Behind those that wait, in the order in which they stood in line.
      ...[raw, 'ping', 'ping'].map((each) => Buffer.from(each)),
      ...['first', 'last'].map((each) => Buffer.from(each)),
    ])
  })

  it('puts back at the end that was nearer, where the direction is not known', async () => {
    await stage.admin.rpush('unknown', 'a', 'b', 'c', 'd', 'e', 'f')
    const rows = await walk(unknown, 10)
    const ids = [0, 1, 4, 5].map((at) => rows[at]!.id)
    const kept = await adapter.snapshot(unknown, 'ready', ids)
    await adapter.remove(unknown, 'ready', ids)
    expect((await adapter.restore(unknown, kept)).every(({ outcome }) => outcome === 'applied')).toBe(true)
    expect(await stage.admin.lrange('unknown', 0, -1)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  })

  it('writes an edit over the element in its place, and over no other', async () => {
    await push('jobs', 0, 10)
    const id = (await walk(jobs, 10))[4]!.id
    const edit = { id, state: 'ready', body: Buffer.from('{ "n": 9007199254740993 }') } as const
    expect(await adapter.edit(jobs, { ...edit, expectedDigest: sha256('something else') })).toMatchObject({
      outcome: 'changed',
    })
    expect(await adapter.edit(jobs, { ...edit, expectedDigest: sha256('job 4') })).toEqual({ id, outcome: 'applied' })
    expect(await stage.admin.lindex('jobs', -5)).toBe('{ "n": 9007199254740993 }')
    expect(await stage.admin.llen('jobs')).toBe(10)
    // Known by the id that it had, until its new one is shown; and taken back by what the edit made of it, whoever asks.
    expect(await adapter.states(jobs, [id])).toEqual(['ready'])
    const another = new ListAdapter(stage.client)
    const back = { id, state: 'ready', body: Buffer.from('job 4') } as const
    expect(await another.edit(jobs, { ...back, expectedDigest: sha256('{ "n": 9007199254740993 }') })).toMatchObject({
      outcome: 'applied',
    })
    expect(await stage.admin.lindex('jobs', -5)).toBe('job 4')
  })

  it('sends at the end where elements come in, and asks for it where it is not known', async () => {
    await push('jobs', 0, 2)
    await push('unknown', 0, 2)
    const message = { name: null, body: Buffer.from('new'), delayMs: 0, priority: null, attributes: {} }
    const [id] = await adapter.send(jobs, [message])
    expect(await stage.admin.lindex('jobs', 0)).toBe('new')
    expect(await adapter.states(jobs, [id!])).toEqual(['ready'])
    await expect(adapter.send(unknown, [message])).rejects.toMatchObject({ code: 'bad-input', subject: 'end' })
    await adapter.send(unknown, [{ ...message, options: { end: 'right' } }])
    expect(await stage.admin.lindex('unknown', -1)).toBe('new')
    for (const bad of [
      { delayMs: 5 },
      { priority: 1 },
      { name: 'x' },
      { attributes: { a: 'b' } },
      { options: { x: 'y' } },
    ])
      await expect(adapter.send(jobs, [{ ...message, ...bad }])).rejects.toMatchObject({ code: 'bad-input' })
  })

  it('says of each element why it was left alone', async () => {
    await push('jobs', 0, 2)
    const [row] = await walk(jobs, 2)
    const reading = new ListAdapter(stage.readingClient)
    expect(await reading.remove(jobs, 'ready', [row!.id])).toEqual([
      { id: row!.id, outcome: 'failed', reason: expect.stringContaining('may not run') },
    ])
    await stage.admin.del('jobs')
    await stage.admin.set('jobs', 'x')
    await expect(adapter.remove(jobs, 'ready', [row!.id])).rejects.toMatchObject({
      code: 'wrong-type',
      message: 'jobs holds a string where this layout keeps a list.',
    })
  })

  it('empties a list page by page', async () => {
    await push('jobs', 0, 20_000)
    let cursor: string | null = null
    let removed = 0
    await stage.admin.config('RESETSTAT')
    do {
      const page = await adapter.browse(jobs, { state: 'ready', cursor, limit: 500 })
      const ids = page.items.map(({ id }) => id)
      removed += (await adapter.remove(jobs, 'ready', ids)).filter(({ outcome }) => outcome === 'applied').length
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(removed).toBe(20_000)
    expect(await stage.admin.exists('jobs')).toBe(0)
    const looks = Number(/cmdstat_lrange:calls=(\d+)/.exec(await stage.admin.info('commandstats'))?.[1])
    expect(looks).toBeLessThan(200)
  })

  it('holds nobody up in a long list', async () => {
    for (let n = 0; n < 200_000; n += 10_000) await push('jobs', n, n + 10_000)
    let page = await adapter.browse(jobs, { state: 'ready', cursor: null, limit: 500 })
    for (let shown = 500; shown < 20_500; shown += 500)
      page = await adapter.browse(jobs, { state: 'ready', cursor: page.nextCursor, limit: 500 })
    expect(page.items[0]!.preview).toBe('job 20000')
    await stage.admin.config('RESETSTAT')
    const chosen = page.items.map(({ id }) => id)
    expect((await adapter.snapshot(jobs, 'ready', chosen)).length).toBe(500)
    expect((await adapter.remove(jobs, 'ready', chosen)).every(({ outcome }) => outcome === 'applied')).toBe(true)
    expect(await stage.admin.llen('jobs')).toBe(199_500)
    const stats = await stage.admin.info('commandstats')
    const told = [...stats.matchAll(/cmdstat_([a-z]+):calls=(\d+),usec=(\d+)/g)]
    const calls = Object.fromEntries(told.map(([, name, count]) => [name, Number(count)]))
    expect(calls.lrange).toBeLessThan(10)
    for (const [, name, count, micros] of told) expect(Number(micros) / Number(count), name).toBeLessThan(5_000)
  })
})
