import { deflateSync } from 'node:zlib'
import type { MessageState } from '@shared/model/message'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mail, type RqStage, startRqStage } from './testing/rq-stage'
import { errorOf, errorText } from './traceback'

let stage: RqStage

beforeAll(async () => {
  stage = await startRqStage()
})
afterAll(() => stage.close())
beforeEach(async () => {
  await stage.admin.flushall()
})

const counts = (): Promise<Readonly<Record<MessageState, number>>> => stage.rq.ask(['counts', mail.name])
const reading = async () => (await stage.adapter.read([mail]))[0]!
const rowsOf = async (state: MessageState) =>
  (await stage.adapter.browse(mail, { state, cursor: null, limit: 100 })).items
const factsOf = async () =>
  Object.fromEntries(
    (await stage.adapter.details(mail)).flatMap((section) => section.facts.map((fact) => [fact.name, fact.value])),
  )

describe('a failed job', () => {
  it('is shown with the call, the error and the traceback that RQ tells, in its row too', async () => {
    const id = await stage.submit(['fail', 7])
    await stage.work()
    const [row] = await rowsOf('dead')
    expect(row).toMatchObject({
      id,
      name: 'tasks.send',
      preview: "tasks.send('fail', 7)",
      error: 'ValueError: mailbox unavailable',
    })
    const { summary, error, history, facts } = await stage.adapter.inspect(mail, id)
    expect(summary).toEqual(row)
    expect(error).toMatchObject({ name: 'ValueError', message: 'mailbox unavailable' })
    const told = await stage.rq.ask<{ readonly error: string }>(['told', id])
    expect(error?.stack).toBe(told.error.trimEnd())
    expect(history.map(({ event }) => event)).toEqual(['created', 'enqueued', 'started', 'failed'])
    expect(facts?.find(({ name }) => name === 'Kept until')?.value).toMatch(/^\d{4}-/)
    expect(Math.abs(row!.finishedAt! - Number((await stage.admin.time())[0]) * 1_000)).toBeLessThan(5_000)
  })

  it('shows a pickle that nobody can read as its bytes, before and after the worker stumbled over it', async () => {
    const bytes = deflateSync(Buffer.from('cno.such.module\nThing\n.'))
    const id = await stage.submit(['x'], { description: 'what it was' })
    await stage.admin.hset(`rq:job:${id}`, 'data', bytes)
    const body = async () => {
      const detail = await stage.adapter.inspect(mail, id)
      return detail.body.kind === 'whole' ? Buffer.from(detail.body.base64, 'base64') : detail.body
    }
    expect(await body()).toEqual(bytes)
    expect(await rowsOf('ready')).toMatchObject([{ id, name: null, preview: 'what it was', bytes: bytes.length }])
    await stage.work()
    expect(await stage.adapter.states(mail, [id])).toEqual(['dead'])
    expect(await body()).toEqual(bytes)
  })
})

describe('counts', () => {
  it('leave out what RQ will forget, as RQ’s own do once they have cleaned up', async () => {
    const ids = [await stage.submit(['fail', 1]), await stage.submit(['fail', 2])]
    await stage.submit(['fine'])
    await stage.work()
    // Its time is over.
    await stage.admin.zadd('rq:failed:mail', 'XX', '1700000000', ids[0]!)
    expect(await reading()).toMatchObject({ dead: 1, done: 1 })
    const page = await stage.adapter.browse(mail, { state: 'dead', cursor: null, limit: 10 })
    expect(page).toMatchObject({ items: [{ id: ids[1] }], total: 1 })
    expect((await factsOf())['Failed and past their time, not counted here']).toBe('1')
    expect(await counts()).toMatchObject({ dead: 1, done: 1 })
    expect(await reading()).toMatchObject({ dead: 1, done: 1 })
  })

  it('hold what is kept for ever', async () => {
    const done = await stage.submit(['fine'], { result_ttl: -1 })
    const dead = await stage.submit(['fail'], { failure_ttl: -1 })
    await stage.work()
    expect(await reading()).toMatchObject({ dead: 1, done: 1 })
    expect(await rowsOf('done')).toMatchObject([{ id: done, state: 'done' }])
    expect(await stage.adapter.states(mail, [done, dead])).toEqual(['done', 'dead'])
    const facts = await Promise.all([done, dead].map(async (id) => (await stage.adapter.inspect(mail, id)).facts))
    expect(facts.map((own) => own?.[0]?.value)).toEqual(['for ever', 'for ever'])
    const kept = await stage.adapter.snapshot(mail, 'done', [done])
    await stage.adapter.remove(mail, 'done', [done])
    await stage.adapter.restore(mail, kept)
    expect(await stage.admin.zscore('rq:finished:mail', done)).toBe('inf')
  })

  it('tell what is in no list of ours under Details', async () => {
    const first = await stage.submit([1])
    await stage.submit([2], { depends_on: first })
    await stage.rq.ask(['cancel', await stage.submit([3])])
    await stage.admin.rpush('rq:queue:mail:intermediate', 'taken')
    expect(await factsOf()).toMatchObject({
      'Deferred: wait for other jobs': '1',
      Canceled: '1',
      'Intermediate: taken, not begun': '1',
      'A scheduler looks after this queue': 'no: nothing enqueues its scheduled jobs',
      'All workers are suspended': 'no',
    })
    expect((await stage.adapter.inspect(mail, first)).facts).toContainEqual({
      name: 'Jobs that wait for it',
      value: '1',
    })
  })

  it('show a queue as paused while rq suspend holds all workers', async () => {
    await stage.submit([1])
    expect((await reading()).paused).toBe(false)
    await stage.rq.ask(['suspension', true])
    expect((await reading()).paused).toBe(true)
    expect((await factsOf())['All workers are suspended']).toBe('yes, until somebody runs rq resume')
    await stage.rq.ask(['suspension', false])
    expect((await reading()).paused).toBe(false)
  })

  it('tell how long the next job has waited', async () => {
    await stage.submit([1])
    const id = (await rowsOf('ready'))[0]!.id
    await stage.admin.hset(`rq:job:${id}`, 'enqueued_at', new Date(Date.now() - 60_000).toISOString())
    const { oldestReadyMs } = await reading()
    expect(oldestReadyMs).toBeGreaterThan(59_000)
    expect(oldestReadyMs).toBeLessThan(70_000)
  })
})

describe('started jobs', () => {
  it('are told by their execution since 2.0 (members and hashes from the published format)', async () => {
    const id = await stage.submit([1])
    await stage.rq.ask(['start', mail.name])
    await stage.admin.zrem('rq:wip:mail', id)
    const soon = Math.floor(Date.now() / 1_000) + 60
    await stage.admin.zadd('rq:wip:mail', soon, `${id}:0123abcd`)
    await stage.admin.zadd(`rq:executions:${id}`, soon, '0123abcd')
    await stage.admin.hset(`rq:execution:${id}:0123abcd`, { worker_name: 'w1', last_heartbeat: '1700000000.5' })
    expect(await reading()).toMatchObject({ leased: 1 })
    expect(await rowsOf('leased')).toMatchObject([{ id, state: 'leased', name: 'tasks.send' }])
    const { summary, facts } = await stage.adapter.inspect(mail, id)
    expect(summary.state).toBe('leased')
    expect(facts).toContainEqual({
      name: 'Execution 0123abcd',
      value: 'worker w1, heartbeat 2023-11-14T22:13:20.500Z',
    })
  })

  it('are said to be abandoned when their heartbeat is over', async () => {
    const id = await stage.submit([1])
    await stage.rq.ask(['start', mail.name])
    await stage.admin.zadd('rq:wip:mail', 'XX', '1700000000', id)
    const facts = (await stage.adapter.inspect(mail, id)).facts ?? []
    expect(facts.find(({ name }) => name.includes('heartbeat'))?.value).toContain('abandoned')
    expect((await factsOf())['Abandoned: started, without a heartbeat']).toBe('1')
    // RQ's own count moves it.
    expect(await counts()).toMatchObject({ leased: 0, dead: 1 })
    expect((await rowsOf('dead'))[0]).toMatchObject({
      id,
      error: expect.stringContaining('Moved to FailedJobRegistry'),
    })
  })
})

describe('pages', () => {
  it('neither repeat nor skip while jobs are taken and come in', async () => {
    const ids: string[] = []
    for (let n = 0; n < 30; n += 1) ids.push(await stage.submit([n]))
    const shown: string[] = []
    let cursor: string | null = null
    do {
      const page = await stage.adapter.browse(mail, { state: 'ready', cursor, limit: 4 })
      shown.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
      await stage.admin.lpop('rq:queue:mail')
      if (shown.length < 30) await stage.submit(['new'])
    } while (cursor !== null)
    expect(new Set(shown).size).toBe(shown.length)
    expect(shown.filter((id) => ids.includes(id))).toEqual(ids)
  })

  it('show a job once that was enqueued twice, and one whose hash is gone as what it is', async () => {
    const id = await stage.submit([1])
    await stage.rq.ask(['again', mail.name, id])
    const gone = await stage.submit([2])
    await stage.admin.del(`rq:job:${gone}`)
    expect(await rowsOf('ready')).toMatchObject([
      { id, preview: 'tasks.send(1)' },
      { id: gone, bytes: null, preview: expect.stringContaining('hash is gone') },
    ])
    await expect(stage.adapter.inspect(mail, gone)).rejects.toMatchObject({ code: 'gone' })
  })
})

describe('tracebacks', () => {
  const trace = (...lines: readonly string[]) =>
    ['Traceback (most recent call last):', '  File "a.py", line 1, in f', '    g()', ...lines].join('\n')

  it('end with the error, whose message may have lines of its own', () => {
    expect(errorOf(trace('shop.errors.Declined: no: really', 'second line', ''))).toMatchObject({
      name: 'shop.errors.Declined',
      message: 'no: really\nsecond line',
    })
    expect(errorOf(trace('KeyboardInterrupt'))).toMatchObject({ name: 'KeyboardInterrupt', message: '' })
    const chained = `${trace('KeyError: 1')}\n\nDuring handling of the above exception, another exception occurred:\n\n${trace('OSError: 2')}`
    expect(errorOf(chained)).toMatchObject({ name: 'OSError', message: '2', stack: chained })
  })

  it('are none where a work-horse was killed', () => {
    const text = 'Work-horse was terminated unexpectedly (waitpid returned 9)'
    expect(errorOf(text)).toEqual({ name: 'Error', message: text, stack: null })
  })

  it('are read packed, plain, and not at all beyond a bound', () => {
    expect(errorText(deflateSync(Buffer.from('é')), 'hash')).toBe('é')
    expect(errorText(Buffer.from('plain'), 'hash')).toBe('plain')
    expect(errorText(Buffer.from(deflateSync(Buffer.from('x')).toString('base64')), 'result')).toBe('x')
    expect(errorText(deflateSync(Buffer.alloc(0)), 'hash')).toBeNull()
    expect(errorText(Buffer.from(deflateSync(Buffer.alloc(2 * 1024 * 1024)).toString('base64')), 'result')).toBeNull()
  })
})
