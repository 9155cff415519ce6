import type { QueueAddress } from '@shared/model/queue'
import { figureOf } from '@shared/model/sample'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type RabbitmqStage, startRabbitmqStage } from '../../testing/rabbitmq-stage'
import { RabbitmqAdapter } from './adapter'

const at = (name: string, prefix = '/'): QueueAddress => ({ layout: 'rabbitmq', prefix, name })

let stage: RabbitmqStage
let adapter: RabbitmqAdapter

beforeAll(async () => {
  stage = await startRabbitmqStage()
}, 60_000)
afterAll(() => stage.stop())
beforeEach(async () => {
  await stage.clear()
  adapter = new RabbitmqAdapter(await stage.open())
})

const reading = async (name: string, of = adapter) => (await of.read([at(name)]))[0]

describe('figures', () => {
  it('tell ready and unacknowledged, age, totals and rates', async () => {
    await stage.admin.assertQueue('orders')
    const consumer = await stage.channel()
    await consumer.prefetch(2)
    let acknowledged = 0
    await consumer.consume('orders', (message) => {
      if (message && acknowledged < 3) {
        acknowledged += 1
        consumer.ack(message)
      }
    })
    const timestamp = Math.floor(Date.now() / 1_000) - 120
    for (let n = 0; n < 10; n += 1) stage.admin.sendToQueue('orders', Buffer.from(`${n}`), { timestamp })
    await stage.admin.waitForConfirms()
    await expect
      .poll(() => reading('orders'), { timeout: 15_000 })
      .toMatchObject({
        ready: 5,
        leased: 2,
        delayed: 0,
        dead: 0,
        done: null,
        paused: null,
        enqueuedTotal: 10,
        ackedTotal: 3,
        trouble: null,
      })
    const { oldestReadyMs, inPerSecond, outPerSecond } = (await reading('orders'))!
    expect(oldestReadyMs).toBeGreaterThan(110_000)
    expect(oldestReadyMs).toBeLessThan(150_000)
    expect(inPerSecond).toBeTypeOf('number')
    expect(outPerSecond).toBeTypeOf('number')
    await consumer.close()
  })

  it('are unknown, not zero, before anything is told', async () => {
    await stage.admin.assertQueue('young')
    const first = await reading('young')
    expect(first).toMatchObject({ enqueuedTotal: null, ackedTotal: null, oldestReadyMs: null })
    expect([null, 0]).toContain(first?.ready)
  })

  it('of a vanished queue say so, and those beside it are told', async () => {
    await stage.admin.assertQueue('there')
    await expect.poll(() => reading('there'), { timeout: 10_000 }).toMatchObject({ ready: 0 })
    const [gone, there] = await adapter.read([at('gone'), at('there')])
    expect(gone).toMatchObject({ ready: null, trouble: expect.stringContaining('gone is not there any more') })
    expect(there?.trouble).toBeNull()
  })

  it('of other virtual hosts come with the rest, unless only some are looked at', async () => {
    const act = 'prepare a test'
    await stage.management.send('PUT', '/vhosts/north%2Feast', { act })
    await stage.management.send('PUT', '/permissions/north%2Feast/guest', {
      act,
      body: { configure: '.*', write: '.*', read: '.*' },
    })
    await stage.management.send('PUT', '/queues/north%2Feast/far', { act, body: {} })
    await stage.admin.assertQueue('near')
    const names = async (reader: RabbitmqAdapter) =>
      (await stage.discover(reader)).map(({ address }) => `${address.prefix} ${address.name}`).sort()
    expect(await names(adapter)).toEqual(['/ near', 'north/east far'])
    const narrow = new RabbitmqAdapter(await stage.open({ vhosts: ['north/east'] }))
    expect(await names(narrow)).toEqual(['north/east far'])
    const far = at('far', 'north/east')
    await adapter.send(far, [{ name: null, body: Buffer.from('hello'), delayMs: 0, priority: null, attributes: {} }])
    await narrow.peeking.peek(far, 5)
    expect((await narrow.browse(far, { state: 'ready', cursor: null, limit: 5 })).items[0]?.preview).toBe('hello')
    await stage.management.send('DELETE', '/vhosts/north%2Feast', { act })
    expect((await narrow.browse(far, { state: 'ready', cursor: null, limit: 5 })).items).toEqual([])
  })

  it('of a virtual host that may not be entered, or is not there, hide no other', async () => {
    const act = 'prepare a test'
    await stage.management.send('PUT', '/vhosts/closed', { act })
    await stage.admin.assertQueue('near')
    const user = await stage.user('neighbour', { tags: 'management', read: '.*' })
    const narrow = new RabbitmqAdapter(await stage.open({ ...user, vhosts: ['/', 'closed', 'nowhere'] }))
    await expect.poll(() => reading('near', narrow), { timeout: 10_000 }).toMatchObject({ ready: 0, trouble: null })
    const [near, closed, nowhere] = await narrow.read([at('near'), at('x', 'closed'), at('x', 'nowhere')])
    expect(near?.trouble).toBeNull()
    expect(closed?.trouble).toContain('may not enter the virtual host closed')
    expect(nowhere?.trouble).toContain('nowhere')
    const found: string[] = []
    const discovering = narrow.discover(({ address }) => found.push(address.name), new AbortController().signal)
    await expect(discovering).rejects.toMatchObject({ code: expect.stringMatching(/denied|not-found/) })
    expect(found).toEqual(['near'])
    await stage.management.send('DELETE', '/vhosts/closed', { act })
  })

  it('of before are told as far as the broker kept them, and not one of when there was no queue', async () => {
    const began = Date.now()
    await stage.admin.assertQueue('orders')
    for (let n = 0; n < 6; n += 1) stage.admin.sendToQueue('orders', Buffer.from(`${n}`))
    await stage.admin.waitForConfirms()
    const kept = async () => await adapter.history(at('orders'), { from: began - 300_000, to: Date.now() })
    await expect
      .poll(async () => (await kept()).filter((each) => figureOf(each, 'ready') === 6).length, { timeout: 20_000 })
      .toBeGreaterThan(0)
    for (const { at: time, stepMs } of await kept()) {
      // Each stands at the end of its step.
      expect(time).toBeGreaterThanOrEqual(began - 1_000)
      expect(stepMs).toBe(5_000)
    }
    expect(await adapter.history(at('orders'), { from: began - 300_000, to: began - 60_000 })).toEqual([])
    await expect(adapter.history(at('gone'), { from: began, to: Date.now() })).rejects.toMatchObject({ code: 'gone' })
  })

  it('of a thousand queues take one question', async () => {
    const channel = await stage.channel()
    const queues = Array.from({ length: 1_000 }, (_, n) => at(`many-${String(n).padStart(4, '0')}`))
    for (const { name } of queues) await channel.assertQueue(name, { durable: false, autoDelete: true })
    await expect
      .poll(async () => (await adapter.read(queues)).every(({ ready }) => ready === 0), { timeout: 20_000 })
      .toBe(true)
    const connection = await stage.open()
    const own = new RabbitmqAdapter(connection)
    await own.read(queues)
    const asked = vi.spyOn(connection.management, 'get')
    expect(await own.read(queues)).toHaveLength(1_000)
    expect(asked.mock.calls.map(([path]) => path)).toEqual([expect.stringContaining('queues')])
    for (const { name } of queues) await channel.deleteQueue(name)
    await channel.close()
  })
})

describe('a broker whose statistics are off', () => {
  it('still tells counts, and says what is missing', async () => {
    const quiet = await startRabbitmqStage({ config: ['management_agent.disable_metrics_collector = true'] })
    try {
      const connection = await quiet.open()
      expect(connection.statisticsOff).toBe(true)
      expect(connection.notices.join(' ')).toContain('statistics are switched off')
      const silent = new RabbitmqAdapter(connection)
      await quiet.admin.assertQueue('orders')
      await quiet.admin.assertQueue('mails', { arguments: { 'x-queue-type': 'quorum' } })
      quiet.admin.sendToQueue('orders', Buffer.from('x'))
      await quiet.admin.waitForConfirms()
      await expect
        .poll(() => reading('orders', silent), { timeout: 15_000 })
        .toMatchObject({ ready: 1, leased: 0, enqueuedTotal: null, inPerSecond: null, trouble: null })
      expect((await silent.peeking.peek(at('orders'), 5)).seen).toBe(1)
      expect(await silent.peeking.price(at('mails'))).toMatchObject({
        answer: 'refused',
        hint: expect.stringContaining('statistics on'),
      })
      expect((await silent.details(at('orders'))).length).toBeGreaterThan(2)
      expect(await silent.workers()).toMatchObject({ workers: [], incomplete: expect.stringContaining('switched off') })
    } finally {
      await quiet.stop()
    }
  })
})

describe('what else there is to know', () => {
  it('of a queue: kind, arguments, policies, dead letters, limits', async () => {
    await stage.admin.assertExchange('dlx', 'direct')
    await stage.admin.assertQueue('dead')
    await stage.admin.bindQueue('dead', 'dlx', 'failed')
    await stage.admin.assertQueue('mails', { arguments: { 'x-queue-type': 'quorum', 'x-max-length': 1_000 } })
    await stage.policy('dead mails', {
      pattern: '^mails$',
      definition: { 'dead-letter-exchange': 'dlx', 'dead-letter-routing-key': 'failed', 'delivery-limit': 5 },
    })
    const facts = async (title: string) =>
      Object.fromEntries(
        (await adapter.details(at('mails')))
          .find((section) => section.title === title)
          ?.facts.map(({ name, value }) => [name, value]) ?? [],
      )
    await expect
      .poll(() => facts('Policy'), { timeout: 15_000 })
      .toMatchObject({ Policy: 'dead mails', 'Operator policy': 'none', 'In effect: delivery-limit': '5' })
    adapter = new RabbitmqAdapter(await stage.open())
    expect(await facts('Queue')).toMatchObject({
      Type: 'Quorum queue',
      'Virtual host': '/',
      Durable: 'yes',
      Consumers: '0',
      Leader: 'queuescope@localhost',
      Members: 'queuescope@localhost',
      'Argument x-max-length': '1000',
    })
    expect(await facts('Dead letters')).toEqual({
      'Dead-letter exchange': 'dlx',
      'Dead-letter routing key': 'failed',
      'They go to': 'dead',
      'Delivery limit': '5',
    })
    expect(await facts('Limits')).toEqual({ 'max-length': '1000' })
    const [section] = (await adapter.details(at('dead'))).filter(({ title }) => title === 'Dead letters')
    expect(section?.facts).toContainEqual({
      name: 'Takes dead letters of',
      value: 'mails',
      queue: 'rabbitmq/%2F/mails',
    })
  })

  it('of consumers: who, from where, since when, and what they hold', async () => {
    await stage.admin.assertQueue('orders')
    const consumer = await stage.channel()
    await consumer.prefetch(7)
    await consumer.consume('orders', () => {}, { consumerTag: 'worker-1' })
    await consumer.consume('orders', () => {}, { consumerTag: 'worker-2', noAck: true })
    for (let n = 0; n < 2; n += 1) stage.admin.sendToQueue('orders', Buffer.from('x'))
    await stage.admin.waitForConfirms()
    await expect.poll(async () => (await adapter.workers()).workers.length, { timeout: 10_000 }).toBe(2)
    await expect
      .poll(async () => (await adapter.workers()).workers[0]?.startedAt ?? null, { timeout: 10_000 })
      .not.toBeNull()
    const report = await adapter.workers()
    expect(report).toMatchObject({ layout: 'rabbitmq', incomplete: null, truncated: false })
    const worker = report.workers.find(({ id }) => id.startsWith('worker-1 on '))
    expect(worker).toMatchObject({
      queues: ['orders'],
      concurrency: 7,
      host: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    })
    expect(Math.abs((worker?.startedAt ?? 0) - Date.now())).toBeLessThan(120_000)
    expect(worker?.note).toMatch(/amqplib 2\.3\.1, prefetch 7, acknowledges by hand/)
    expect(report.workers.find(({ id }) => id.startsWith('worker-2'))?.note).toContain('acknowledges by itself')

    const modest = await stage.user('modest', { tags: 'management', read: '.*' })
    const partial = await new RabbitmqAdapter(await stage.open(modest)).workers()
    expect(partial.incomplete).toContain('the tag monitoring shows all')
    await consumer.close()
  })

  it('of routes: exchanges, bindings, and where dead letters go', async () => {
    await stage.admin.assertExchange('events', 'topic', { alternateExchange: 'unrouted' })
    await stage.admin.assertExchange('unrouted', 'fanout')
    await stage.admin.assertExchange('by-header', 'headers')
    await stage.admin.bindExchange('by-header', 'events', 'audit.#')
    await stage.admin.assertQueue('dead')
    await stage.admin.assertQueue('orders', { deadLetterExchange: '', deadLetterRoutingKey: 'dead' })
    await stage.admin.assertQueue('mails', { deadLetterExchange: 'unrouted' })
    await stage.admin.bindQueue('orders', 'events', 'order.*')
    await stage.admin.bindQueue('orders', 'by-header', '', { 'x-match': 'all', tenant: 'a' })
    const graph = await adapter.routing()
    expect(graph.truncated).toBe(false)
    expect(graph.exchanges.find(({ name }) => name === 'events')).toMatchObject({
      space: '/',
      type: 'topic',
      facts: ['durable', 'alternate: unrouted'],
    })
    expect(graph.bindings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ source: 'events', target: 'orders', targetKind: 'queue', routingKey: 'order.*' }),
        expect.objectContaining({ source: 'events', target: 'by-header', targetKind: 'exchange' }),
        expect.objectContaining({ source: 'by-header', arguments: '{"tenant":"a","x-match":"all"}' }),
        expect.objectContaining({ source: 'orders', target: 'dead', targetKind: 'queue', deadLetter: true }),
        expect.objectContaining({ source: 'mails', target: 'unrouted', targetKind: 'exchange', deadLetter: true }),
      ]),
    )
    expect(graph.bindings.some(({ source, deadLetter }) => source === '' && !deadLetter)).toBe(false)
  })
})
