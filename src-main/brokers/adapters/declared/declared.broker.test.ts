import type { DeclarationDraft } from '@shared/model/declaration'
import type { QueueAddress } from '@shared/model/queue'
import { shippedDeclarations } from '@shared/model/shipped-declarations'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RedisStage, startRedisStage } from '../../testing/redis-stage'
import { DeclaredAdapter } from './adapter'
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

const [queueList] = shippedDeclarations as readonly [DeclarationDraft]

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

  it('reads many queues in a few scripts', async () => {
    const pipeline = stage.admin.pipeline()
    for (let n = 0; n < 500; n += 1) pipeline.lpush(`queue:q${n}`, JSON.stringify(teamJob(`${n}`, n)))
    await pipeline.exec()
    const queues = Array.from({ length: 500 }, (_, n) => address('queue-list', `q${n}`))
    await stage.admin.config('RESETSTAT')
    expect((await adapter.read(queues)).every(({ ready, trouble }) => ready === 1 && trouble === null)).toBe(true)
    const scripts = [...(await stage.admin.info('commandstats')).matchAll(/cmdstat_eval\w*:calls=(\d+)/g)]
    const asked = scripts.reduce((sum, [, calls]) => sum + Number(calls), 0)
    expect(asked).toBeGreaterThan(0)
    expect(asked).toBeLessThanOrEqual(20)
  })

  it('does not pull large messages at each reading only to learn their age', async () => {
    const large = teamJob('large', 'x'.repeat(100_000))
    await team().enqueue(large)
    const orders = new StreamQueue(stage.admin, 'orders')
    await orders.start()
    await orders.enqueue(large)
    const queues = [mails, address('stream-queue', 'orders')]
    for (const { ready, oldestReadyMs } of await adapter.read(queues)) {
      expect(ready).toBe(1)
      expect(oldestReadyMs).not.toBeNull()
    }
    for (const reading of await adapter.read(queues)) expect(reading).toMatchObject({ ready: 1, oldestReadyMs: null })
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

  it('leaves everything as it was on a server that is full', async () => {
    await die(3)
    const ids = await idsOf(mails, 'dead')
    const before = await stage.admin.lrange('queue:mails:dead', 0, -1)
    await stage.admin.config('SET', 'maxmemory', '1mb')
    try {
      const outcomes = await adapter.replay(mails, ids)
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed'])
      expect(await stage.admin.lrange('queue:mails:dead', 0, -1)).toEqual(before)
      expect(await stage.admin.exists('queue:mails')).toBe(0)
    } finally {
      await stage.admin.config('SET', 'maxmemory', '0')
    }
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
