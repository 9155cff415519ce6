import type { QueueAddress } from '@shared/model/queue'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { numberIn, valueIn } from '../../clients/rabbitmq-json'
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

const quorum = { 'x-queue-type': 'quorum' }

async function fill(queue: string, bodies: readonly string[]): Promise<void> {
  for (const body of bodies) stage.admin.sendToQueue(queue, Buffer.from(body), { persistent: true })
  await stage.admin.waitForConfirms()
}

const ready = async (queue: string): Promise<number> => (await stage.admin.checkQueue(queue)).messageCount

/** Takes all that is ready, as a consumer would, and settles each. */
async function takeAll(queue: string, settle: 'ack' | 'requeue' | 'reject'): Promise<readonly string[]> {
  const channel = await stage.channel()
  const bodies: string[] = []
  for (let left = await ready(queue); left > 0; left -= 1) {
    const message = await channel.get(queue)
    if (!message) break
    bodies.push(message.content.toString('utf8'))
    if (settle === 'ack') channel.ack(message)
    if (settle === 'reject') channel.nack(message, false, false)
  }
  if (settle === 'requeue') channel.nackAll(true)
  await channel.close()
  return bodies
}

/** Takes the first message and gives it back, so many times. */
async function giveBack(consumer: Awaited<ReturnType<RabbitmqStage['channel']>>, queue: string, times: number) {
  for (let time = 0; time < times; time += 2) {
    const taken = [await consumer.get(queue), times > 1 && (await consumer.get(queue))]
    expect(taken[0]).not.toBe(false)
    consumer.nackAll(true)
    // Answered after what was said before it.
    await consumer.prefetch(0)
  }
}

/** Waits until the management plugin has caught up with what was done. */
async function told(queue: string, check: (row: unknown) => boolean): Promise<void> {
  await expect
    .poll(async () => check(await stage.management.get(`/queues/%2F/${queue}`, { act: 'look' })), { timeout: 15_000 })
    .toBe(true)
}

const redeliveries = (count: number) => (row: unknown) =>
  numberIn(valueIn(row, 'message_stats'), 'redeliver') === count &&
  valueIn(row, 'effective_policy_definition') !== undefined

const readyTold = (count: number) => (row: unknown) =>
  numberIn(row, 'messages_ready') === count && valueIn(row, 'effective_policy_definition') !== undefined

const browse = async (queue: QueueAddress, state: 'ready' | 'dead' = 'ready') =>
  (await adapter.browse(queue, { state, cursor: null, limit: 200 })).items

async function withDeadLetters(queue: string, given: object = {}): Promise<void> {
  await stage.admin.assertQueue('dead')
  await stage.admin.assertQueue(queue, {
    arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead', ...given },
  })
}

describe('looking into a quorum queue with a delivery limit', () => {
  it('never pushes a message over it, however often it is tried', async () => {
    await withDeadLetters('mails', { ...quorum, 'x-delivery-limit': 3 })
    await fill('mails', ['a', 'b', 'c'])
    await told('mails', readyTold(3))
    const answers: string[] = []
    for (let look = 0; look < 8; look += 1) {
      const { answer } = await adapter.peeking.price(at('mails'))
      answers.push(answer)
      if (answer === 'priced') await adapter.peeking.peek(at('mails'), 100)
      else await expect(adapter.peeking.peek(at('mails'), 100)).rejects.toMatchObject({ code: 'unsupported' })
    }
    expect(answers).toEqual(['priced', 'priced', ...Array.from({ length: 6 }, () => 'refused')])
    expect(await ready('dead')).toBe(0)
    // The delivery that was spared is a consumer's, and it may still give the messages back.
    expect(await takeAll('mails', 'requeue')).toEqual(['a', 'b', 'c'])
    await expect.poll(() => ready('mails')).toBe(3)
    expect(await takeAll('mails', 'ack')).toEqual(['a', 'b', 'c'])
    expect(await ready('dead')).toBe(0)
  })

  it('is refused when its consumers have brought it to its limit', async () => {
    await withDeadLetters('worn', { ...quorum, 'x-delivery-limit': 3 })
    await fill('worn', ['a', 'b'])
    const consumer = await stage.channel()
    await giveBack(consumer, 'worn', 6)
    await told('worn', redeliveries(4))
    const price = await adapter.peeking.price(at('worn'))
    expect(price).toMatchObject({
      answer: 'refused',
      reason: expect.stringContaining('delivery limit of 3'),
      hint: expect.stringContaining('dead-letter queue'),
    })
    await expect(adapter.peeking.peek(at('worn'), 10)).rejects.toMatchObject({ code: 'unsupported' })
    expect((await adapter.capabilities(at('worn'))).discard.answer).toBe('no')
    await consumer.close()
    expect(await ready('worn')).toBe(2)
    expect(await ready('dead')).toBe(0)
  })

  it('goes by the policy where that is stricter', async () => {
    await withDeadLetters('ruled', { ...quorum, 'x-delivery-limit': 9 })
    await stage.policy('strict', { pattern: '^ruled$', definition: { 'delivery-limit': 1 } })
    await fill('ruled', ['a'])
    await told('ruled', (row) => numberIn(valueIn(row, 'effective_policy_definition'), 'delivery-limit') === 1)
    expect(await adapter.peeking.price(at('ruled'))).toMatchObject({
      answer: 'refused',
      reason: expect.stringContaining('limit of 1'),
    })
    expect((await adapter.details(at('ruled'))).find(({ title }) => title === 'Dead letters')?.facts).toContainEqual({
      name: 'Delivery limit',
      value: '1',
    })
  })

  it('without a limit tells its price and counts on', async () => {
    await stage.admin.assertQueue('free', { arguments: quorum })
    await fill('free', ['a', 'b'])
    await told('free', readyTold(2))
    expect(await adapter.peeking.price(at('free'))).toMatchObject({
      answer: 'priced',
      price: expect.arrayContaining([expect.stringContaining('counts as one delivery')]),
      available: 2,
      remainingReceives: null,
    })
    for (let look = 0; look < 5; look += 1) await adapter.peeking.peek(at('free'), 100)
    expect((await browse(at('free'))).map(({ preview, attempts }) => [preview, attempts])).toEqual([
      ['a', 4],
      ['b', 4],
    ])
  })
})

describe('looking into a classic queue', () => {
  it('marks messages as redelivered, keeps their order, and leaves nothing behind', async () => {
    await stage.admin.assertQueue('orders')
    const bodies = Array.from({ length: 30 }, (_, n) => `order ${n}`)
    await fill('orders', bodies)
    expect(adapter.peeking.state(at('orders'))).toBeNull()
    expect((await adapter.browse(at('orders'), { state: 'ready', cursor: null, limit: 10 })).total).toBeNull()
    const first = await adapter.peeking.peek(at('orders'), 20)
    expect(first).toMatchObject({ seen: 20, held: 0, heldUntil: null })
    expect(first.note).toContain('there may be more')
    expect(adapter.peeking.state(at('orders'))).toEqual(first)
    expect((await browse(at('orders'))).map(({ preview }) => preview)).toEqual(bodies.slice(0, 20))
    expect((await adapter.peeking.peek(at('orders'), 1_000)).note).toBe('all of 30')
    const rows = await browse(at('orders'))
    const redelivered = async (id: string) =>
      (await adapter.inspect(at('orders'), id)).facts?.find(({ name }) => name === 'Redelivered')?.value
    expect(await redelivered(rows[0]!.id)).toBe('yes')
    expect(await redelivered(rows[25]!.id)).toBe('no, until this look')
    expect(await stage.management.get('/consumers', { act: 'look' })).toEqual([])
    expect(await takeAll('orders', 'ack')).toEqual(bodies)
  })

  it('tells apart messages that are the same, and knows them again', async () => {
    await stage.admin.assertQueue('twins')
    await fill('twins', ['same', 'same', 'other', 'same'])
    await adapter.peeking.peek(at('twins'), 10)
    const ids = (await browse(at('twins'))).map(({ id }) => id)
    expect(new Set(ids).size).toBe(4)
    await adapter.peeking.peek(at('twins'), 10)
    expect((await browse(at('twins'))).map(({ id }) => id)).toEqual(ids)
  })

  it('does not take one message-id for two messages', async () => {
    await stage.admin.assertQueue('reused')
    for (const body of ['a', 'b']) stage.admin.sendToQueue('reused', Buffer.from(body), { messageId: 'one' })
    stage.admin.sendToQueue('reused', Buffer.from('c'), { messageId: 'two' })
    await stage.admin.waitForConfirms()
    await adapter.peeking.peek(at('reused'), 10)
    const ids = (await browse(at('reused'))).map(({ id }) => id)
    expect(new Set(ids).size).toBe(3)
    expect(ids[2]).toBe('two')
    expect(ids).not.toContain('one')
  })

  it('shows the exact bytes and every digit', async () => {
    await stage.admin.assertQueue('bytes')
    const body = Buffer.from(Array.from({ length: 256 }, (_, n) => n))
    stage.admin.sendToQueue('bytes', body, {
      messageId: 'b',
      contentType: 'application/octet-stream',
      priority: 3,
      timestamp: 1_700_000_000,
      type: 'order.created',
      headers: {
        big: { '!': 'int64', value: 9_007_199_254_740_993n },
        deep: { list: [1, { x: 'y' }], when: { '!': 'timestamp', value: 0 } },
        bytes: Buffer.from([0xff, 0]),
      },
    })
    stage.admin.sendToQueue('bytes', Buffer.alloc(0), { messageId: 'empty' })
    await stage.admin.waitForConfirms()
    await adapter.peeking.peek(at('bytes'), 10)
    const detail = await adapter.inspect(at('bytes'), 'b')
    expect(detail.body).toMatchObject({ kind: 'whole', base64: body.toString('base64'), bytes: 256 })
    expect(detail.summary).toMatchObject({ name: 'order.created', enqueuedAt: 1_700_000_000_000 })
    expect(Object.fromEntries(detail.attributes.map(({ name, value }) => [name, value]))).toMatchObject({
      'content-type': 'application/octet-stream',
      priority: '3',
      'header big': '9007199254740993',
      'header deep': '{"list": [1, {"x": "y"}], "when": 1970-01-01T00:00:00.000Z}',
      'header bytes': '0xff00',
    })
    expect((await adapter.inspect(at('bytes'), 'empty')).body).toMatchObject({ kind: 'whole', base64: '', bytes: 0 })
  })

  it('withholds a body that is too large to show, and keeps the rest', async () => {
    await stage.admin.assertQueue('large')
    stage.admin.sendToQueue('large', Buffer.alloc(9 * 1024 * 1024, 'x'), { messageId: 'large' })
    stage.admin.sendToQueue('large', Buffer.from('small'), { messageId: 'small' })
    await stage.admin.waitForConfirms()
    await adapter.peeking.peek(at('large'), 10)
    expect((await adapter.inspect(at('large'), 'large')).body).toMatchObject({ kind: 'withheld', bytes: 9437184 })
    expect((await adapter.inspect(at('large'), 'small')).body.kind).toBe('whole')
  })

  it('works for names that paths and patterns would take for something else', async () => {
    for (const name of ['a/b %2F?#&', '...', 'größe {x}*', '"quoted"\t']) {
      await stage.admin.assertQueue(name)
      await fill(name, ['x'])
      expect((await adapter.peeking.peek(at(name), 10)).seen, name).toBe(1)
      expect(await browse(at(name)), name).toHaveLength(1)
      expect((await adapter.details(at(name))).length, name).toBeGreaterThan(2)
    }
  })
})

describe('a queue named like a folder', () => {
  it('is counted, and refused in words where the plugin would answer about another', async () => {
    const channel = await stage.channel()
    await channel.assertQueue('..', { autoDelete: true })
    expect((await stage.discover(adapter)).map(({ address }) => address.name)).toEqual(['..'])
    await expect.poll(async () => (await adapter.read([at('..')]))[0]?.ready, { timeout: 10_000 }).toBe(0)
    await expect(adapter.peeking.peek(at('..'), 1)).rejects.toMatchObject({ code: 'unsupported', subject: '..' })
    await channel.deleteQueue('..')
    await channel.close()
  })
})

describe('looking into a stream', () => {
  it('reads the latest for nothing, as often as one likes, and leaves no consumer', async () => {
    await stage.admin.assertQueue('clicks', { arguments: { 'x-queue-type': 'stream' } })
    for (const from of [0, 40])
      await fill(
        'clicks',
        Array.from({ length: 40 }, (_, n) => `click ${from + n}`),
      )
    expect(await adapter.peeking.price(at('clicks'))).toMatchObject({
      answer: 'priced',
      price: [expect.stringContaining('Nothing')],
    })
    for (let look = 0; look < 2; look += 1) {
      const state = await adapter.peeking.peek(at('clicks'), 25)
      expect(state).toMatchObject({ seen: 25, held: 0, note: 'offsets 55 to 79, the latest' })
    }
    const rows = await browse(at('clicks'))
    expect(rows.map(({ preview }) => preview)).toEqual(Array.from({ length: 25 }, (_, n) => `click ${55 + n}`))
    expect(rows[0]?.id).toBe('55')
    expect(await stage.management.get('/consumers', { act: 'look' })).toEqual([])
    for (const ability of ['replay', 'edit', 'discard', 'purge', 'restore'] as const)
      expect((await adapter.capabilities(at('clicks')))[ability].answer).toBe('no')
    await expect(adapter.remove(at('clicks'), 'ready', ['55'])).rejects.toMatchObject({ code: 'unsupported' })
    expect((await adapter.acts.offers(at('clicks'))).find(({ id }) => id === 'purge')?.refusal).toContain('stream')
  })

  it('says that an empty one is empty', async () => {
    await stage.admin.assertQueue('still', { arguments: { 'x-queue-type': 'stream' } })
    expect(await adapter.peeking.peek(at('still'), 10)).toMatchObject({ seen: 0, note: 'the stream is empty' })
  })
})

describe('dead letters', () => {
  it('tell for each reason where they died, when, and how often', async () => {
    await withDeadLetters('rejecting')
    await withDeadLetters('expiring', { 'x-message-ttl': 1 })
    await withDeadLetters('short', { 'x-max-length': 1 })
    await withDeadLetters('limited', { ...quorum, 'x-delivery-limit': 0 })
    await fill('rejecting', ['rejected'])
    await takeAll('rejecting', 'reject')
    stage.admin.sendToQueue('expiring', Buffer.from('expired'), { expiration: 5_000 })
    await fill('short', ['maxlen', 'stays'])
    await fill('limited', ['delivery_limit'])
    await takeAll('limited', 'requeue')
    await expect.poll(() => ready('dead')).toBe(4)

    const found = await stage.discover(adapter)
    expect(
      found
        .find(({ address }) => address.name === 'dead')
        ?.deadLetterSources?.map(({ name }) => name)
        .sort(),
    ).toEqual(['expiring', 'limited', 'rejecting', 'short'])
    expect(found.find(({ address }) => address.name === 'limited')).toMatchObject({
      product: 'Quorum queue',
      deadLetterQueue: at('dead'),
    })
    await adapter.peeking.peek(at('dead'), 10)
    const rows = await browse(at('dead'), 'dead')
    const causes = Object.fromEntries(rows.map(({ preview, error }) => [preview, error]))
    expect(causes).toEqual({
      rejected: 'rejected in rejecting',
      expired: 'expired in expiring',
      maxlen: 'maxlen in short',
      delivery_limit: 'delivery_limit in limited',
    })
    for (const { id, preview, finishedAt } of rows) {
      const { error, history, facts = [] } = await adapter.inspect(at('dead'), id)
      expect(error?.name).toBe(preview)
      expect(error?.message.length).toBeGreaterThan(20)
      expect(history.at(-1)).toMatchObject({ event: 'dead-lettered', at: finishedAt, attempt: 1 })
      expect(Math.abs(Date.now() - (finishedAt ?? 0))).toBeLessThan(60_000)
      expect(facts).toContainEqual({ name: 'Died in', value: expect.any(String) })
      if (preview === 'expired') expect(facts).toContainEqual({ name: 'Expiration it had', value: '5000 ms' })
    }
    expect(await browse(at('dead'), 'ready')).toEqual([])
    await told('dead', readyTold(4))
    expect((await adapter.read([at('dead')]))[0]).toMatchObject({ ready: 0, dead: 4, trouble: null })
  })

  it('are not what waits in a retry loop', async () => {
    const to = (key: string) => ({ 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': key })
    await stage.admin.assertQueue('work', { arguments: to('wait') })
    await stage.admin.assertQueue('wait', { arguments: { ...to('work'), 'x-message-ttl': 600_000 } })
    await fill('work', ['again'])
    await takeAll('work', 'reject')
    await expect.poll(() => ready('wait')).toBe(1)
    await adapter.peeking.peek(at('wait'), 10)
    const [row] = await browse(at('wait'))
    expect(row).toMatchObject({ preview: 'again', state: 'ready', error: null })
    expect((await adapter.inspect(at('wait'), row!.id)).history.at(-1)?.detail).toContain(
      'rejected by a consumer of work',
    )
    expect((await adapter.capabilities(at('wait'))).replay).toMatchObject({ answer: 'no' })
  })
})

describe('what cannot be looked into', () => {
  it('is an exclusive queue, in words', async () => {
    const channel = await stage.channel()
    const { queue } = await channel.assertQueue('mine', { exclusive: true })
    expect(await adapter.peeking.price(at(queue))).toMatchObject({
      answer: 'refused',
      reason: expect.stringContaining('exclusive'),
    })
    await expect(adapter.peeking.peek(at(queue), 1)).rejects.toMatchObject({ code: 'unsupported' })
    expect((await adapter.capabilities(at(queue))).send).toMatchObject({ answer: 'no' })
    expect((await adapter.details(at(queue)))[0]?.facts).toContainEqual(
      expect.objectContaining({ name: 'Exclusive', value: expect.stringContaining('yes') }),
    )
    await channel.deleteQueue(queue)
  })

  it('is a queue that was deleted', async () => {
    await expect(adapter.peeking.peek(at('never'), 1)).rejects.toMatchObject({
      code: 'gone',
      message: expect.stringContaining('never is not there'),
    })
    expect((await adapter.read([at('never')]))[0]?.trouble).toContain('not there any more')
  })

  it('closes a channel, is said in words, and leaves the next one be', async () => {
    await stage.admin.assertQueue('open')
    const channel = await stage.channel()
    const { queue: locked } = await channel.assertQueue('', { exclusive: true })
    const connection = await stage.open()
    const take = (queue: string) =>
      connection.amqp.taking({ vhost: '/', queue, act: `take from ${queue}` }, async (taker) => {
        const taken = await taker.get()
        if (taken) {
          taker.acknowledge(taken)
          // Twice is once too often: RabbitMQ closes the channel at it.
          taker.acknowledge(taken)
        }
        await taker.heard()
        return taken !== null
      })
    await expect(take('never')).rejects.toMatchObject({ code: 'gone', subject: 'never' })
    await expect(take(locked)).rejects.toMatchObject({ code: 'denied', message: expect.stringContaining('exclusive') })
    await fill('open', ['x'])
    await expect(take('open')).rejects.toMatchObject({ code: 'changed', hint: expect.stringContaining('look again') })
    expect(await take('open')).toBe(false)
    await channel.deleteQueue(locked)
    await channel.close()
  })

  it('is a queue that this user may not read, in words', async () => {
    await stage.admin.assertQueue('secret')
    await fill('secret', ['x'])
    const modest = new RabbitmqAdapter(
      await stage.open(await stage.user('blind', { tags: 'monitoring', read: '^open' })),
    )
    await expect(modest.peeking.peek(at('secret'), 1)).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringMatching(/may not look into secret.*access to queue 'secret'/),
      hint: expect.stringContaining('list_user_permissions'),
    })
    await told('secret', readyTold(1))
    expect((await modest.read([at('secret')]))[0]?.ready).toBe(1)
  })
})
