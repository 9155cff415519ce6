import type { ActOffer } from '@shared/model/act'
import type { QueueAddress } from '@shared/model/queue'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RabbitmqStage, startRabbitmqStage } from '../../testing/rabbitmq-stage'
import { RabbitmqAdapter } from './adapter'

const at = (name: string): QueueAddress => ({ layout: 'rabbitmq', prefix: '/', name })
const from = at('from')

let stage: RabbitmqStage
let adapter: RabbitmqAdapter

beforeAll(async () => {
  stage = await startRabbitmqStage()
}, 60_000)
afterAll(() => stage.stop())
beforeEach(async () => {
  await stage.clear()
  await Promise.all([stage.admin.assertQueue('from'), stage.admin.assertQueue('to')])
  adapter = new RabbitmqAdapter(await stage.open())
})

async function fill(count: number): Promise<readonly string[]> {
  const bodies = Array.from({ length: count }, (_, n) => `message ${n}`)
  for (const body of bodies) {
    stage.admin.sendToQueue('from', Buffer.from(body), { messageId: body, headers: { tenant: 'a' } })
  }
  await stage.admin.waitForConfirms()
  return bodies
}

async function taken(queue: string) {
  const messages = []
  for (
    let got = await stage.admin.get(queue, { noAck: true });
    got;
    got = await stage.admin.get(queue, { noAck: true })
  )
    messages.push(got)
  return messages
}

const ready = async (queue: string): Promise<number> => (await stage.admin.checkQueue(queue)).messageCount

async function offer(id: string, of = adapter): Promise<ActOffer> {
  const found = (await of.acts.offers(from)).find((each) => each.id === id)
  if (!found) throw new Error(`${id} is not offered`)
  return found
}

const shovels = () => stage.management.get('/parameters/shovel', { act: 'look' })

describe('purge', () => {
  it('is offered as what it is, deletes what is ready and leaves what is held', async () => {
    await fill(5)
    const holder = await stage.channel()
    expect(await holder.get('from')).toBeTruthy()
    expect(await offer('purge')).toMatchObject({ destructive: true, refusal: null })
    expect((await offer('purge')).words.join(' ')).toMatch(/Nothing is kept/)
    expect(await adapter.acts.act(from, { id: 'purge', values: {} })).toMatchObject({ done: 4, failed: 0 })
    await holder.close()
    await expect.poll(() => ready('from')).toBe(1)
  })
})

describe('moving all to another queue', () => {
  it('is done by a shovel, in order, which is gone afterwards', async () => {
    const bodies = await fill(200)
    expect((await offer('move')).words.join(' ')).toContain('by a shovel')
    const report = await adapter.acts.act(from, { id: 'move', values: { to: 'to' } })
    expect(report).toMatchObject({ done: 200, words: expect.stringContaining('A shovel moved 200 messages to to') })
    expect(await shovels()).toEqual([])
    const messages = await taken('to')
    expect(messages.map(({ content }) => content.toString('utf8'))).toEqual(bodies)
    expect(messages[0]?.properties).toMatchObject({ messageId: 'message 0', headers: { tenant: 'a' } })
  })

  it('by a shovel can be stopped while it goes on', async () => {
    await fill(5)
    // A shovel that finds no room at its goal tries for ever.
    await stage.management.send('PUT', '/parameters/shovel/%2F/queuescope%20moves%20from', {
      act: 'prepare a test',
      body: {
        value: {
          'src-uri': 'amqp:///%2F',
          'src-queue': 'from',
          'dest-uri': 'amqp:///%2F',
          'dest-queue': 'to',
          'src-delete-after': 1_000,
        },
      },
    })
    const offers = (await adapter.acts.offers(from)).map(({ id }) => id)
    expect(offers).toContain('stop-move')
    expect(offers).not.toContain('move')
    expect((await offer('stop-move')).words[0]).toContain('moving this queue to to')
    await expect(adapter.acts.act(from, { id: 'move', values: { to: 'to' } })).rejects.toMatchObject({
      code: 'conflict',
    })
    expect(await adapter.acts.act(from, { id: 'stop-move', values: {} })).toMatchObject({ done: null })
    expect(await shovels()).toEqual([])
    expect((await adapter.acts.offers(from)).map(({ id }) => id)).toContain('move')
  })

  it('goes message by message for a user who may set up no shovel', async () => {
    const bodies = await fill(50)
    const user = await stage.user('mover', { tags: 'monitoring', write: '.*', read: '.*' })
    const modest = new RabbitmqAdapter(await stage.open(user))
    expect((await offer('move', modest)).words.join(' ')).toContain('a shovel needs a user with the tag policymaker')
    expect(await modest.acts.act(from, { id: 'move', values: { to: 'to' } })).toMatchObject({ done: 50, failed: 0 })
    const messages = await taken('to')
    expect(messages.map(({ content }) => content.toString('utf8'))).toEqual(bodies)
    expect(messages[0]?.properties).toMatchObject({ messageId: 'message 0', headers: { tenant: 'a' } })
    expect(await ready('from')).toBe(0)
  })

  it('message by message stops at the first that is not taken, and leaves it where it was', async () => {
    const bodies = await fill(5)
    await stage.admin.assertQueue('short', { arguments: { 'x-max-length': 2, 'x-overflow': 'reject-publish' } })
    const user = await stage.user('mover', { tags: 'monitoring', write: '.*', read: '.*' })
    const modest = new RabbitmqAdapter(await stage.open(user))
    const report = await modest.acts.act(from, { id: 'move', values: { to: 'short' } })
    expect(report).toMatchObject({ done: 2, failed: 1, words: expect.stringContaining('length limit') })
    expect((await taken('from')).map(({ content }) => content.toString('utf8'))).toEqual(bodies.slice(2))
  })

  it.each([
    ['from', 'bad-input', 'another queue'],
    ['', 'bad-input', 'another queue'],
    ['nowhere', 'gone', 'nowhere is not there'],
  ])('to “%s” is refused before anything is moved', async (to, code, words) => {
    await fill(2)
    await expect(adapter.acts.act(from, { id: 'move', values: { to } })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    })
    expect(await ready('from')).toBe(2)
  })
})

describe('publishing to an exchange', () => {
  const values = { exchange: 'events', routingKey: 'order.created', body: '{"n":1}' }

  beforeEach(async () => {
    await stage.admin.assertExchange('events', 'topic')
    await stage.admin.bindQueue('to', 'events', 'order.*')
  })

  it('carries headers and properties, and is confirmed', async () => {
    const report = await adapter.acts.act(from, {
      id: 'publish',
      values: { ...values, headers: '{"tenant":"a"}', properties: '{"content-type":"application/json"}' },
    })
    expect(report).toMatchObject({ done: 1, failed: 0 })
    const [message] = await taken('to')
    expect(message?.content.toString('utf8')).toBe('{"n":1}')
    expect(message?.fields).toMatchObject({ exchange: 'events', routingKey: 'order.created' })
    expect(message?.properties).toMatchObject({ contentType: 'application/json', headers: { tenant: 'a' } })
  })

  it.each([
    [{ ...values, routingKey: 'nobody' }, 'not-found', 'the message came back'],
    [{ ...values, exchange: '' }, 'bad-input', 'Name the exchange'],
    [{ ...values, headers: '["a"]' }, 'bad-input', 'headers is no JSON object of texts'],
    [{ ...values, properties: '{"priority":5}' }, 'bad-input', 'properties is no JSON object of texts'],
  ])('refuses %j in words', async (given, code, words) => {
    await expect(adapter.acts.act(from, { id: 'publish', values: given })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    })
    expect(await ready('to')).toBe(0)
  })

  it('is the one act that a stream and its like leave', async () => {
    await stage.admin.assertQueue('stream', { arguments: { 'x-queue-type': 'stream' } })
    const offers = await adapter.acts.offers(at('stream'))
    expect(offers.map(({ id, refusal }) => [id, refusal === null])).toEqual([
      ['publish', true],
      ['move', false],
      ['purge', false],
    ])
    await expect(adapter.acts.act(at('stream'), { id: 'purge', values: {} })).rejects.toMatchObject({
      code: 'unsupported',
    })
  })
})

describe('a broker without the shovel plugin', () => {
  it('moves message by message, and says why', async () => {
    const plain = await startRabbitmqStage({ plugins: ['rabbitmq_management'] })
    try {
      const connection = await plain.open()
      expect(connection.shovel).toMatchObject({ able: false, reason: expect.stringContaining('rabbitmq_shovel') })
      const without = new RabbitmqAdapter(connection)
      await plain.admin.assertQueue('from')
      await plain.admin.assertQueue('to')
      for (const body of ['a', 'b', 'c']) plain.admin.sendToQueue('from', Buffer.from(body))
      await plain.admin.waitForConfirms()
      expect((await offer('move', without)).words.join(' ')).toContain('rabbitmq_shovel_management are not enabled')
      expect(await without.acts.act(from, { id: 'move', values: { to: 'to' } })).toMatchObject({ done: 3, failed: 0 })
      expect((await plain.admin.checkQueue('to')).messageCount).toBe(3)
    } finally {
      await plain.stop()
    }
  })
})
