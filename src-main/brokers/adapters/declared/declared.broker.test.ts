import type { DeclarationDraft } from '@shared/model/declaration'
import type { QueueAddress } from '@shared/model/queue'
import { shippedDeclarations } from '@shared/model/shipped-declarations'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RedisStage, startRedisStage } from '../../testing/redis-stage'
import { DeclaredAdapter } from './adapter'
import { previewDeclaration } from './preview'
import { enqueueByPriority, ListQueue, StreamQueue, teamJob } from './team-code'

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

const [queueList, , prioritySet] = shippedDeclarations as readonly [
  DeclarationDraft,
  DeclarationDraft,
  DeclarationDraft,
]

const boom = () => {
  throw new Error('card was declined')
}

async function idsOf(queue: QueueAddress, state: 'ready' | 'dead' | 'delayed' | 'leased', limit = 200) {
  return (await adapter.browse(queue, { state, cursor: null, limit })).items.map(({ id }) => id)
}

/** Jobs that died of their worker. */
async function die(count: number, name = 'mails'): Promise<void> {
  for (let n = 0; n < count; n += 1) await team(name).enqueue(teamJob(`j-${n}`, { n }, { maxAttempts: 1 }))
  await team(name).work(boom)
}

describe('finding declared queues', () => {
  const namesOf = async () =>
    (await stage.discover(adapter)).map(({ address: { prefix, name } }) => `${prefix}/${name}`).sort()

  it('parts names with colons by the suffix that is known', async () => {
    await team('a:b:c').enqueue(teamJob('1', 1))
    await stage.admin.zadd('queue:a:b:c:delayed', 1, 'x')
    await stage.admin.lpush('queue:only:dead', 'x')
    await stage.admin.xadd('stream:s:1', '*', 'data', '{}')
    await stage.admin.zadd('stream:s:1:delayed', 1, 'x')
    await stage.admin.lpush('dlq:s:1', 'x')
    expect(await namesOf()).toEqual(['queue-list/a:b:c', 'queue-list/only', 'stream-queue/s:1'])
  })

  it('leaves Sidekiq its queues by evidence, and nothing else', async () => {
    const job = '{"class":"Mail","jid":"0f3a","args":[]}'
    await stage.admin.sadd('queues', 'default', 'mails')
    await stage.admin.lpush('queue:default', job)
    await team('mails').enqueue(teamJob('1', 1))
    await stage.admin.lpush('queue:unlisted', job)
    expect(await namesOf()).toEqual(['queue-list/mails', 'queue-list/unlisted'])
  })

  it('takes no stranger of a like name', async () => {
    await stage.admin.set('queue:text', 'x')
    await stage.admin.hset('processing:alone', 'a', 'b')
    await stage.admin.zadd('events:sorted', 1, 'x')
    await stage.admin.rpush('rq:queue:x', 'x')
    await stage.admin.rpush('resque:queue:x', 'x')
    expect(await namesOf()).toEqual([])
  })

  it('prefers one’s own declaration to a shipped one', async () => {
    await team().enqueue(teamJob('1', 1))
    adapter = new DeclaredAdapter(stage.client, [
      { ...queueList, id: 'ours', title: 'Our mails' },
      ...shippedDeclarations,
    ])
    expect(await stage.discover(adapter)).toMatchObject([
      {
        address: address('ours', 'mails'),
        product: 'Our mails',
        ownKeys: expect.arrayContaining(['queue:mails:dead']),
      },
    ])
  })
})

describe('reading declared queues', () => {
  it('tells ages by what the messages say of themselves', async () => {
    const now = Date.now()
    await team().enqueue(teamJob('old', 1, { createdAt: now - 90_000 }))
    await team().enqueue(teamJob('new', 2, { createdAt: now }))
    await enqueueByPriority(stage.admin, 'mails', teamJob('urgent', 1, { createdAt: now - 5_000 }), 1)
    await stage.admin.lpush('queue:silent', 'no JSON at all')
    const [listed, sorted, silent, unknown] = await adapter.read([
      mails,
      address('priority-set', 'mails'),
      address('queue-list', 'silent'),
      address('nobody', 'x'),
    ])
    expect(listed!.oldestReadyMs).toBeGreaterThanOrEqual(90_000)
    expect(sorted!.oldestReadyMs).toBeGreaterThanOrEqual(5_000)
    expect(sorted!).toMatchObject({ ready: 1, dead: null, done: null, leased: null, delayed: 0 })
    expect(silent).toMatchObject({ ready: 1, oldestReadyMs: null, trouble: null })
    expect(unknown!.trouble).toContain('nobody')
    await expect(
      adapter.browse(address('nobody', 'x'), { state: 'ready', cursor: null, limit: 1 }),
    ).rejects.toMatchObject({
      code: 'not-found',
    })
  })

  it('reads many queues in one write', async () => {
    const pipeline = stage.admin.pipeline()
    for (let n = 0; n < 500; n += 1) pipeline.lpush(`queue:q${n}`, JSON.stringify(teamJob(`${n}`, n)))
    await pipeline.exec()
    const queues = Array.from({ length: 500 }, (_, n) => address('queue-list', `q${n}`))
    const began = performance.now()
    expect((await adapter.read(queues)).every(({ ready, trouble }) => ready === 1 && trouble === null)).toBe(true)
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  it('shows what an envelope says', async () => {
    await die(1)
    const [id] = await idsOf(mails, 'dead')
    const detail = await adapter.inspect(mails, id!)
    expect(id).toMatch(/^j-0#[0-9a-f]{20}$/)
    expect(detail.summary).toMatchObject({
      name: 'job',
      attempts: 1,
      maxAttempts: 1,
      preview: '{"n":0}',
      error: 'card was declined',
    })
    expect(detail.error).toMatchObject({ message: 'card was declined' })
    expect(detail.facts).toContainEqual({ name: 'key', value: 'queue:mails:dead' })
    expect(detail.history.map(({ event }) => event)).toEqual(['added', 'failed'])
  })

  it('says what the layout can lose, and what is out of order', async () => {
    await stage.admin.zadd('queue:mails:delayed', Date.now() - 600_000, 'x')
    const sections = await adapter.details(mails)
    expect(sections.map(({ title }) => title)).toEqual([
      'queue:NAME lists',
      'Out of order',
      'What this layout can lose',
    ])
    expect(sections[1]!.facts[0]!.value).toBe('1: nothing seems to promote them')
    const orders = new StreamQueue(stage.admin, 'orders')
    await orders.start()
    await orders.enqueue(teamJob('1', 1))
    await orders.take(1)
    await stage.admin.del('processing:orders')
    await stage.admin.hset('processing:orders', 'left-behind', '{}', 'another', '{}')
    const [, disorder] = await adapter.details(address('stream-queue', 'orders'))
    expect(disorder!.facts).toEqual([
      { name: 'processing:orders', value: 'notes 2, while 1 are pending in group:orders' },
    ])
  })

  it('knows a message that died again by its own id', async () => {
    await die(2)
    const ids = await idsOf(mails, 'dead')
    await adapter.replay(mails, ids)
    expect(await adapter.states(mails, ids)).toEqual(['ready', 'ready'])
    await team().work((job) => (job.id === 'j-0' ? boom() : 'ok'))
    expect(await adapter.states(mails, ids)).toEqual([null, 'dead'])
  })
})

describe('mending declared queues', () => {
  it('loses and doubles nothing while producers and workers go on', async () => {
    await die(2_000)
    let isDone = false
    const given = new Set<string>()
    const working = (async () => {
      while (!isDone) await team().work(({ id }) => given.add(id))
    })()
    const producing = (async () => {
      for (let n = 0; !isDone; n += 1) {
        await team().enqueue(teamJob(`fresh-${n}`, n))
        await stage.admin.lpush('queue:mails:dead', JSON.stringify(teamJob(`died-${n}`, n)))
      }
      return 0
    })()
    let replayed = 0
    for (let round = 0; round < 200 && replayed < 2_500; round += 1) {
      const outcomes = await adapter.replay(mails, await idsOf(mails, 'dead', 500))
      replayed += outcomes.filter(({ outcome }) => outcome === 'applied').length
      expect(outcomes.every(({ outcome }) => outcome === 'applied')).toBe(true)
    }
    isDone = true
    await Promise.all([working, producing])
    const rest = await idsOf(mails, 'dead', 200)
    await adapter.replay(mails, rest)
    for (let ids = await idsOf(mails, 'dead'); ids.length > 0; ids = await idsOf(mails, 'dead'))
      await adapter.replay(mails, ids)
    await team().work(({ id }) => given.add(id))
    for (let n = 0; n < 2_000; n += 1) expect(given).toContain(`j-${n}`)
    expect(await stage.admin.llen('queue:mails:dead')).toBe(0)
  })

  it('moves nothing where the place it would go to holds something else', async () => {
    await die(2)
    await stage.admin.set('queue:mails', 'something else')
    const ids = await idsOf(mails, 'dead')
    expect(await adapter.replay(mails, ids)).toEqual(
      ids.map((id) => ({ id, outcome: 'failed', reason: expect.stringContaining('type') })),
    )
    expect(await stage.admin.llen('queue:mails:dead')).toBe(2)
    expect(await stage.admin.get('queue:mails')).toBe('something else')
  })

  it('says of each message what the user may not do', async () => {
    await die(1)
    const ids = await idsOf(mails, 'dead')
    const reading = new DeclaredAdapter(stage.readingClient, shippedDeclarations)
    expect(await reading.replay(mails, ids)).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining('may not') },
    ])
    expect(await stage.admin.llen('queue:mails:dead')).toBe(1)
  })

  it('replays an edited message under the id that it had', async () => {
    await die(1)
    const [id] = await idsOf(mails, 'dead')
    const { body } = await adapter.inspect(mails, id!)
    const expectedDigest = body.kind === 'whole' ? body.digest : ''
    const edited = Buffer.from('{ "id": "j-0", "payload": 9007199254740993 }')
    expect(await adapter.edit(mails, { id: id!, state: 'dead', body: edited, expectedDigest })).toMatchObject({
      outcome: 'applied',
    })
    expect(await adapter.replay(mails, [id!])).toEqual([{ id, outcome: 'applied' }])
    expect(await stage.admin.lrange('queue:mails', 0, -1)).toEqual([edited.toString()])
  })

  it('edits and replays in one step', async () => {
    await die(2)
    const [second, first] = await idsOf(mails, 'dead')
    const { body } = await adapter.inspect(mails, first!)
    const expectedDigest = body.kind === 'whole' ? body.digest : ''
    const edit = { id: first!, state: 'dead', body: Buffer.from('{"id":"j-0"}'), expectedDigest } as const
    expect(await adapter.replayEdited(mails, { ...edit, expectedDigest: 'another' })).toMatchObject({
      outcome: 'changed',
    })
    expect(await adapter.replayEdited(mails, edit)).toEqual({ id: first, outcome: 'applied' })
    expect(await adapter.replayEdited(mails, edit)).toEqual({ id: first, outcome: 'gone' })
    expect(await stage.admin.lrange('queue:mails', 0, -1)).toEqual(['{"id":"j-0"}'])
    expect(await idsOf(mails, 'dead')).toEqual([second])
  })

  it('takes the message out of what wraps it', async () => {
    const wrapping: DeclarationDraft = {
      ...queueList,
      id: 'wrapped',
      roles: { ...queueList.roles, dead: { ...queueList.roles.dead!, inner: 'job|original' } },
      envelope: { ...queueList.envelope, error: 'failure' },
    }
    adapter = new DeclaredAdapter(stage.client, [wrapping])
    const queue = address('wrapped', 'mails')
    const inner = '{"id":"j-1","payload":{"amount":1.0}}'
    await stage.admin.lpush(
      'queue:mails:dead',
      `{"failure":{"message":"boom","name":"TypeError","stack":"at x"},"job": ${inner} }`,
    )
    await stage.admin.lpush('queue:mails:dead', JSON.stringify({ original: 'a text', failure: 'no' }))
    const [text, object] = await idsOf(queue, 'dead')
    expect((await adapter.inspect(queue, object!)).error).toEqual({ name: 'TypeError', message: 'boom', stack: 'at x' })
    expect((await adapter.replay(queue, [object!, text!])).map(({ outcome }) => outcome)).toEqual([
      'applied',
      'applied',
    ])
    expect(await stage.admin.lrange('queue:mails', 0, -1)).toEqual(['a text', inner])
  })

  it('puts sorted and hashed messages back where they were', async () => {
    const sorted: DeclarationDraft = {
      ...queueList,
      id: 'sorted',
      roles: {
        ...queueList.roles,
        ready: { type: 'zset', key: 'z:{{name}}:ready', takeFirst: 'lowest', score: 'priority', inner: null },
        dead: { type: 'hash', key: 'z:{{name}}:dead', holds: 'message', inner: null },
      },
    }
    adapter = new DeclaredAdapter(stage.client, [sorted])
    const queue = address('sorted', 'q')
    const raw = Buffer.from([0xff, 0x00])
    await stage.admin.zadd('z:{q}:ready', 1.5, raw, 2, '{"id":"b"}', '-inf', 'first')
    await stage.admin.hset('z:{q}:dead', 'a', '{"id":"a","priority":7}', 'same', '{"id":"a","priority":7}')
    const ready = await idsOf(queue, 'ready')
    const before = await stage.admin.dumpBuffer('z:{q}:ready')
    const kept = await adapter.snapshot(queue, 'ready', ready)
    expect(kept.map(({ place }) => place)).toEqual(['-inf', '1.5', '2'])
    expect((await adapter.remove(queue, 'ready', ready)).every(({ outcome }) => outcome === 'applied')).toBe(true)
    expect((await adapter.restore(queue, kept)).every(({ outcome }) => outcome === 'applied')).toBe(true)
    expect(await stage.admin.dumpBuffer('z:{q}:ready')).toEqual(before)
    const dead = await idsOf(queue, 'dead')
    expect(new Set(dead).size).toBe(2)
    const held = await adapter.snapshot(queue, 'dead', dead)
    await adapter.remove(queue, 'dead', dead)
    expect((await adapter.restore(queue, held)).map(({ outcome }) => outcome)).toEqual(['applied', 'applied'])
    // The same bytes cannot stand twice in a sorted set: the second stays where it is.
    expect((await adapter.replay(queue, dead)).map(({ outcome }) => outcome)).toEqual(['applied', 'changed'])
    expect(await stage.admin.zscore('z:{q}:ready', '{"id":"a","priority":7}')).toBe('7')
    expect(await stage.admin.hlen('z:{q}:dead')).toBe(1)
  })

  it('refuses what is not declared, and says so', async () => {
    const queue = address('priority-set', 'x')
    await enqueueByPriority(stage.admin, 'x', teamJob('1', 1), 3)
    await expect(adapter.replay(queue, ['x'])).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('no place for dead letters'),
    })
    expect(await adapter.remove(mails, 'leased', ['x'])).toMatchObject([{ outcome: 'failed' }])
  })

  it('leaves an entry alone that a consumer holds', async () => {
    const orders = new StreamQueue(stage.admin, 'orders')
    await orders.start()
    for (let n = 0; n < 3; n += 1) await orders.enqueue(teamJob(`o-${n}`, n))
    const queue = address('stream-queue', 'orders')
    const ids = await idsOf(queue, 'ready')
    await orders.take(1)
    expect(await adapter.remove(queue, 'ready', ids)).toMatchObject([
      { outcome: 'gone' },
      { outcome: 'applied' },
      { outcome: 'applied' },
    ])
    expect(await idsOf(queue, 'leased')).toEqual([ids[0]])
    const editing = { id: ids[0]!, state: 'ready', body: Buffer.from('x'), expectedDigest: '' } as const
    expect(await adapter.edit(queue, editing)).toMatchObject({ outcome: 'failed' })
  })
})

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

describe('the preview of a declaration', () => {
  it('shows the queues that it finds, and a message of each role', async () => {
    await die(2)
    await team().enqueue(teamJob('waiting', { n: 1 }))
    await team('other').enqueue(teamJob('x', 1))
    const preview = await previewDeclaration(stage.readingClient, queueList)
    expect(preview).toMatchObject({ queues: ['mails', 'other'], isWhole: true, name: 'mails', problems: [] })
    expect(preview.roles.map(({ role, type, count }) => [role, type, count])).toEqual([
      ['ready', 'list', 1],
      ['delayed', 'none', null],
      ['processing', 'none', null],
      ['dead', 'list', 2],
    ])
    expect(preview.roles[3]!.sample).toMatchObject({
      summary: { error: 'card was declined', preview: '{"n":1}' },
      text: expect.stringContaining('"id":"j-1"'),
    })
    expect((await previewDeclaration(stage.readingClient, queueList, 'other')).name).toBe('other')
  })

  it('says in words what is not right yet', async () => {
    await stage.admin.lpush('jobs:a', 'no JSON')
    await stage.admin.set('jobs:a:dead', 'x')
    const ready = { type: 'list', key: 'jobs:{name}', takeFrom: 'right', inner: 'job' } as const
    const draft: DeclarationDraft = {
      ...queueList,
      roles: {
        ...queueList.roles,
        ready,
        dead: { ...queueList.roles.dead!, key: 'jobs:{name}:dead' },
        processing: null,
      },
    }
    expect((await previewDeclaration(stage.client, draft)).problems).toEqual([
      'ready: nothing stands at job in what jobs:a holds.',
      'dead: jobs:a:dead holds a string, not a list.',
      `No message tells when it came, at ${queueList.envelope.enqueuedAt}: ages will be unknown.`,
    ])
    const wrong = { ...draft, roles: { ...draft.roles, ready: { ...ready, key: 'jobs' } } }
    expect((await previewDeclaration(stage.client, wrong)).problems).toContain(
      'ready: “jobs” needs {name} in it, once.',
    )
    const nothing = { ...draft, roles: { ...draft.roles, ready: { ...ready, key: 'tasks:{name}' }, dead: null } }
    expect((await previewDeclaration(stage.client, nothing)).problems).toEqual([
      'No key of these patterns was found among 2 keys.',
    ])
    expect((await previewDeclaration(stage.client, nothing, 'x')).problems).toEqual([
      'None of its keys is there: no queue is named x.',
    ])
  })

  it('looks at no more than a hundred thousand keys', async () => {
    for (let from = 0; from < 120_000; from += 10_000)
      await stage.admin.mset(...Array.from({ length: 10_000 }, (_, n) => [`stranger:${from + n}`, 'x']).flat())
    const preview = await previewDeclaration(stage.client, queueList)
    expect(preview.isWhole).toBe(false)
    expect(preview.keysSeen).toBeLessThan(102_000)
  })
})
