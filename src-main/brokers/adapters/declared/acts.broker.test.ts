import type { DeclarationDraft } from '@shared/model/declaration'
import type { QueueAddress } from '@shared/model/queue'
import { shippedDeclarations } from '@shared/model/shipped-declarations'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RedisStage, startRedisStage } from '../../testing/redis-stage'
import { DeclaredAdapter } from './adapter'
import { ListQueue, StreamQueue, teamJob } from './team-code'

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

const address = (prefix: string, name: string): QueueAddress => ({ layout: 'declared', prefix, name })
const mails = address('queue-list', 'mails')
const team = (name = 'mails') => new ListQueue(stage.admin, name)

const [, , prioritySet] = shippedDeclarations as readonly [unknown, unknown, DeclarationDraft]

describe('sending to declared queues', () => {
  const message = {
    name: null,
    body: Buffer.from('{ "n": 9007199254740993 }'),
    delayMs: 0,
    priority: null,
    attributes: {},
  }

  it('writes the envelope that its producers write', async () => {
    const [id] = await adapter.send(mails, [{ ...message, name: 'mail' }])
    const raw = (await stage.admin.lindex('queue:mails', 0))!
    expect(raw).toMatch(
      /^\{"id":"[0-9a-f-]{36}","type":"mail","payload":\{ "n": 9007199254740993 \},"attempts":0,"enqueuedAt":\d{13}\}$/,
    )
    expect(await adapter.states(mails, [id!])).toEqual(['ready'])
    const [later] = await adapter.send(mails, [{ ...message, delayMs: 60_000, body: Buffer.from('a text') }])
    const [delayed, due] = await stage.admin.zrange('queue:mails:delayed', 0, '0', 'WITHSCORES')
    expect(delayed).toContain('"payload":"a text"')
    expect(Number(due) - Date.now()).toBeGreaterThan(50_000)
    expect(await adapter.states(mails, [later!])).toEqual(['delayed'])
  })

  it('sends what is an envelope already as it is', async () => {
    const raw = '{"payload": 1.0, "id": "mine"}'
    await adapter.send(mails, [{ ...message, body: Buffer.from(raw) }])
    expect(await stage.admin.lindex('queue:mails', 0)).toBe(raw)
  })

  it('gives priorities, fields and nested paths as declared', async () => {
    const own: DeclarationDraft = {
      ...prioritySet,
      id: 'own',
      envelope: {
        ...prioritySet.envelope,
        id: 'meta.id',
        enqueuedAt: 'meta.at',
        attempts: 'meta.tries',
        payload: 'body',
      },
      times: 'iso',
      payloadAs: 'text',
      constants: { 'meta.v': 2, source: 'console' },
    }
    adapter = new DeclaredAdapter(stage.client, [own, ...shippedDeclarations])
    await adapter.send(address('own', 'x'), [{ ...message, priority: 5 }])
    const [raw, score] = await stage.admin.zrange('pqueue:x', 0, '0', 'WITHSCORES')
    expect(score).toBe('5')
    expect(JSON.parse(raw!)).toMatchObject({
      meta: { tries: 0, v: 2, at: expect.stringMatching(/Z$/) },
      body: '{ "n": 9007199254740993 }',
      priority: 5,
      source: 'console',
    })
    await stage.admin.xadd('stream:s', '*', 'id', 'a', 'payload', '{}')
    const ids = await adapter.send(address('stream-queue', 's'), [message])
    const [[id, fields]] = (await stage.admin.xrevrange('stream:s', '+', '-', 'COUNT', 1)) as [[string, string[]]]
    expect(id).toBe(ids[0])
    expect(fields.filter((_, index) => index % 2 === 0)).toEqual(['id', 'payload', 'attempts', 'enqueuedAt'])
    expect(fields[3]).toBe('{ "n": 9007199254740993 }')
  })

  it('refuses what this layout cannot say', async () => {
    for (const bad of [{ priority: 1 }, { attributes: { a: 'b' } }, { options: { group: 'x' } }])
      await expect(adapter.send(mails, [{ ...message, ...bad }])).rejects.toMatchObject({ code: 'bad-input' })
    await expect(adapter.send(address('priority-set', 'x'), [{ ...message, delayMs: 5 }])).rejects.toMatchObject({
      subject: 'delayMs',
    })
    await expect(adapter.send(mails, [{ ...message, body: Buffer.from([0xff]) }])).rejects.toMatchObject({
      subject: 'body',
    })
    expect(await stage.admin.exists('queue:mails')).toBe(0)
  })
})

describe('acts on declared queues', () => {
  const act = (queue: QueueAddress, id: string, values: Record<string, string>) =>
    adapter.acts.act(queue, { id, values })

  it('promotes what is due, or all, and doubles nothing', async () => {
    await team().enqueueLater(teamJob('due', 1), -5_000)
    await team().enqueueLater(teamJob('later', 2), 60_000)
    expect(await act(mails, 'promote', { which: 'due', count: '100' })).toMatchObject({ done: 1, failed: 0 })
    expect(await act(mails, 'promote', { which: 'due', count: '100' })).toMatchObject({ done: 0 })
    expect(await act(mails, 'promote', { which: 'all', count: '1' })).toEqual({
      words: '1 message became ready.',
      done: 1,
      failed: 0,
    })
    expect((await team().work(() => 'ok')).map((raw) => JSON.parse(raw).id)).toEqual(['due', 'later'])
    await expect(act(mails, 'promote', { which: 'all', count: '0' })).rejects.toMatchObject({ subject: 'count' })
  })

  it('returns what dead workers left in processing', async () => {
    const now = Date.now()
    await stage.admin.hset(
      'queue:mails:processing',
      ...['old', JSON.stringify({ ...teamJob('old', 1), startedAt: now - 600_000 })],
      ...['new', JSON.stringify({ ...teamJob('new', 2), startedAt: now })],
      ...['silent', JSON.stringify(teamJob('silent', 3))],
    )
    const offers = await adapter.acts.offers(mails)
    expect(offers.map(({ id }) => id)).toEqual(['promote', 'return'])
    expect(await act(mails, 'return', { olderThanMs: '60000', count: '10' })).toMatchObject({ done: 1 })
    expect(await stage.admin.hkeys('queue:mails:processing')).toEqual(expect.arrayContaining(['new', 'silent']))
    expect(await act(mails, 'return', { olderThanMs: '0', count: '10' })).toMatchObject({ done: 2 })
    expect(await stage.admin.llen('queue:mails')).toBe(3)
    await expect(act(mails, 'nonsense', {})).rejects.toMatchObject({ code: 'not-found' })
  })

  it('offers a stream’s own acts for one that is a stream', async () => {
    const orders = new StreamQueue(stage.admin, 'orders')
    await orders.start()
    await orders.enqueue(teamJob('1', 1))
    await orders.take(1)
    await orders.enqueueLater(teamJob('2', 2), -1_000)
    const queue = address('stream-queue', 'orders')
    expect((await adapter.acts.offers(queue)).map(({ id }) => id)).toContain('claim')
    expect(
      await act(queue, 'claim', { group: 'group:orders', consumer: 'other', from: '', minIdleMs: '0', count: '5' }),
    ).toMatchObject({ done: 1 })
    expect(await act(queue, 'promote', { which: 'due', count: '5' })).toMatchObject({ done: 1 })
    expect((await orders.work(() => 'ok')).map((raw) => JSON.parse(raw).id)).toEqual(['2'])
    expect(await adapter.streaming.groups(queue)).toMatchObject([{ name: 'group:orders', pending: 1, lag: 0 }])
    expect(await adapter.streaming.groups(mails)).toEqual([])
  })
})
