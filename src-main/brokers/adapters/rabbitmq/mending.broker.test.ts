import { createHash } from 'node:crypto'
import type { MessageSummary } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import { type ConfirmChannel, connect, type GetMessage, type Options } from 'amqplib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { keepRawProperties, rawPropertiesOf } from '../../clients/rabbitmq-wire'
import { type RabbitmqStage, startRabbitmqStage } from '../../testing/rabbitmq-stage'
import { type Cut, tcpProxy } from '../../testing/tcp-proxy'
import { RabbitmqAdapter } from './adapter'

const at = (name: string): QueueAddress => ({ layout: 'rabbitmq', prefix: '/', name })
const dead = at('dead')

let stage: RabbitmqStage
let adapter: RabbitmqAdapter
/** The test's own eyes on bytes as they travel. */
let raw: ConfirmChannel
let closeRaw: () => Promise<void>

beforeAll(async () => {
  stage = await startRabbitmqStage()
  const model = await connect(`amqp://guest:guest@127.0.0.1:${stage.server.amqpPort}`)
  keepRawProperties(model)
  raw = await model.createConfirmChannel()
  closeRaw = () => model.close()
}, 60_000)
afterAll(async () => {
  await closeRaw()
  await stage.stop()
})
beforeEach(async () => {
  await stage.clear()
  adapter = new RabbitmqAdapter(await stage.open())
})

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** `work`, whose rejected messages end in `dead`. */
async function declare(given: Options.AssertQueue = {}): Promise<void> {
  await stage.admin.assertExchange('dlx', 'fanout')
  await stage.admin.assertQueue('dead')
  await stage.admin.bindQueue('dead', 'dlx', '')
  await stage.admin.assertQueue('work', { deadLetterExchange: 'dlx', ...given })
}

interface Made {
  readonly body: string
  readonly exchange?: string
  readonly routingKey?: string
  readonly options?: Options.Publish
}

/** Published to `work`, rejected there, and looked at in `dead`. */
async function kill(made: readonly Made[]): Promise<void> {
  const before = await ready('dead')
  for (const { body, exchange = '', routingKey = 'work', options } of made) {
    stage.admin.publish(exchange, routingKey, Buffer.from(body), { persistent: true, messageId: body, ...options })
  }
  await stage.admin.waitForConfirms()
  for (let left = made.length; left > 0; left -= 1) {
    const message = await stage.admin.get('work')
    if (!message) throw new Error('it was not routed')
    stage.admin.nack(message, false, false)
  }
  await expect.poll(() => ready('dead')).toBe(before + made.length)
  await adapter.peeking.peek(dead, 1_000)
}

const ready = async (queue: string): Promise<number> => (await stage.admin.checkQueue(queue)).messageCount

async function taken(queue: string): Promise<readonly GetMessage[]> {
  const messages: GetMessage[] = []
  for (let message = await raw.get(queue); message; message = await raw.get(queue)) {
    messages.push(message)
    raw.ack(message)
  }
  return messages
}

const bodies = (messages: readonly GetMessage[]) => messages.map(({ content }) => content.toString('utf8'))

const rows = async (): Promise<readonly MessageSummary[]> =>
  (await adapter.browse(dead, { state: 'dead', cursor: null, limit: 200 })).items

describe('sending dead letters back', () => {
  it('by the exchange and routing key that they came with, where those lead to that queue alone', async () => {
    await declare()
    await stage.admin.assertExchange('events', 'topic')
    await stage.admin.bindQueue('work', 'events', 'order.*')
    await kill([{ body: 'a', exchange: 'events', routingKey: 'order.created' }])
    expect(await adapter.replay(dead, ['a'])).toEqual([{ id: 'a', outcome: 'applied' }])
    const [message] = await taken('work')
    expect(message?.fields).toMatchObject({ exchange: 'events', routingKey: 'order.created', redelivered: false })
    expect(await ready('dead')).toBe(0)
    expect(await rows()).toEqual([])
  })

  it('to that queue alone, where the exchange would give others a copy', async () => {
    await declare()
    await stage.admin.assertExchange('events', 'fanout')
    await stage.admin.assertQueue('other')
    for (const queue of ['work', 'other']) await stage.admin.bindQueue(queue, 'events', '')
    await stage.admin.assertQueue('copied')
    await kill([
      { body: 'a', exchange: 'events', routingKey: 'x' },
      { body: 'b', options: { CC: ['copied'], headers: { kept: 'yes' } } },
    ])
    expect(bodies(await taken('other'))).toEqual(['a'])
    expect(bodies(await taken('copied'))).toEqual(['b'])
    expect((await adapter.replay(dead, ['a', 'b'])).map(({ outcome }) => outcome)).toEqual(['applied', 'applied'])
    const messages = await taken('work')
    expect(bodies(messages)).toEqual(['a', 'b'])
    expect(messages[0]?.fields).toMatchObject({ exchange: '', routingKey: 'work' })
    expect(messages[1]?.properties.headers).toMatchObject({ kept: 'yes' })
    expect(messages[1]?.properties.headers).not.toHaveProperty('CC')
    expect(await ready('other')).toBe(0)
    expect(await ready('copied')).toBe(0)
  })

  it('with every byte of body and properties as it was', async () => {
    await declare()
    const body = Buffer.from(Array.from({ length: 256 }, (_, n) => n))
    stage.admin.sendToQueue('work', body, {
      messageId: 'typed',
      contentType: 'application/x-own',
      contentEncoding: 'none',
      priority: 4,
      correlationId: 'c',
      replyTo: 'r',
      timestamp: 1_700_000_000,
      type: 't',
      appId: 'a',
      userId: 'guest',
      headers: {
        big: { '!': 'int64', value: 9_007_199_254_740_993n },
        short: { '!': 'int16', value: 1 },
        unsigned: { '!': 'uint32', value: 7 },
        float: { '!': 'float', value: 1 },
        double: { '!': 'double', value: 2 },
        when: { '!': 'timestamp', value: 1 },
        money: { '!': 'decimal', value: { places: 2, digits: 1234 } },
        bytes: Buffer.from([0xff, 0x00]),
        none: null,
        nested: { list: [1, 'two', { three: true }], empty: {} },
        10: 'numbers as names',
        9: 'keep their order',
      },
    })
    await stage.admin.waitForConfirms()
    raw.nack((await raw.get('work')) as GetMessage, false, false)
    await expect.poll(() => ready('dead')).toBe(1)
    // RabbitMQ itself sorts the headers of what it dead-letters: what counts is how the message stands there.
    const properties = rawPropertiesOf((await raw.get('dead')) as GetMessage)
    raw.nackAll(true)
    await raw.prefetch(0)
    await adapter.peeking.peek(dead, 10)
    expect((await adapter.replay(dead, ['typed'])).map(({ outcome }) => outcome)).toEqual(['applied'])
    const [after] = await taken('work')
    expect(after?.content).toEqual(body)
    expect(after?.properties.headers?.['x-death']?.[0]).toMatchObject({ queue: 'work', reason: 'rejected', count: 1 })
    expect(rawPropertiesOf(after!)).toEqual(properties)
  })

  it('leaves the others in their order, and takes one of two that are the same', async () => {
    await declare()
    await kill(['a', 'b', 'c', 'd'].map((body) => ({ body })))
    const nameless = { options: { messageId: undefined } }
    await kill([
      { body: 'twin', ...nameless },
      { body: 'twin', ...nameless },
    ])
    const twin = (await rows()).find(({ preview }) => preview === 'twin')
    const outcomes = await adapter.replay(dead, ['c', 'a', twin!.id, 'never'])
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'applied', 'gone'])
    expect(bodies(await taken('work'))).toEqual(['a', 'c', 'twin'])
    expect((await rows()).map(({ preview }) => preview)).toEqual(['twin', 'd', 'b'])
    expect(bodies(await taken('dead'))).toEqual(['b', 'd', 'twin'])
  })

  it('says for each one why it cannot be, and leaves it where it is', async () => {
    await declare()
    await kill([{ body: 'a' }, { body: 'b' }])
    await stage.admin.assertQueue('lost', { deadLetterExchange: 'dlx' })
    stage.admin.sendToQueue('lost', Buffer.from('c'), { messageId: 'c' })
    stage.admin.sendToQueue('dead', Buffer.from('d'), { messageId: 'd' })
    await stage.admin.waitForConfirms()
    stage.admin.nack((await stage.admin.get('lost')) as GetMessage, false, false)
    await expect.poll(() => ready('dead')).toBe(4)
    await stage.admin.deleteQueue('lost')
    await adapter.peeking.peek(dead, 100)
    expect((await rows()).find(({ id }) => id === 'd')?.error).toContain('published here directly')
    const outcomes = await adapter.replay(dead, ['a', 'c', 'd'])
    expect(outcomes).toEqual([
      { id: 'a', outcome: 'applied' },
      { id: 'c', outcome: 'failed', reason: expect.stringContaining('There is no queue lost') },
      { id: 'd', outcome: 'failed', reason: expect.stringContaining('no x-death header') },
    ])
    expect(bodies(await taken('dead'))).toEqual(['b', 'd', 'c'])
  })

  it('explains a user-id that is another’s before RabbitMQ closes the channel at it', async () => {
    await declare()
    await kill([{ body: 'theirs', options: { userId: 'guest' } }, { body: 'free' }])
    const other = await stage.user('other', { tags: 'monitoring', write: '.*', read: '.*' })
    const theirs = new RabbitmqAdapter(await stage.open(other))
    await theirs.peeking.peek(dead, 10)
    expect(await theirs.replay(dead, ['theirs', 'free'])).toEqual([
      { id: 'theirs', outcome: 'failed', reason: expect.stringMatching(/user-id is guest.*impersonator/) },
      { id: 'free', outcome: 'applied' },
    ])
    expect(await ready('dead')).toBe(1)
  })

  it('is refused item by item for a user who may not publish, in words', async () => {
    await declare()
    await kill([{ body: 'a' }, { body: 'b' }])
    const reading = new RabbitmqAdapter(await stage.open(await stage.user('reads', { tags: 'monitoring', read: '.*' })))
    await reading.peeking.peek(dead, 10)
    expect(await reading.replay(dead, ['a', 'b'])).toEqual([
      { id: 'a', outcome: 'failed', reason: expect.stringContaining("access to exchange 'amq.default'") },
      { id: 'b', outcome: 'failed', reason: expect.stringContaining("access to exchange 'amq.default'") },
    ])
    expect(await ready('dead')).toBe(2)
  })

  it('says when the queue takes no more', async () => {
    await declare({ arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } })
    await kill([{ body: 'a' }])
    stage.admin.sendToQueue('work', Buffer.from('full'))
    await stage.admin.waitForConfirms()
    expect(await adapter.replay(dead, ['a'])).toEqual([
      { id: 'a', outcome: 'failed', reason: expect.stringContaining('length limit') },
    ])
    expect(await ready('dead')).toBe(1)
  })

  it('is not begun while an alarm is on', async () => {
    await declare()
    await kill([{ body: 'a' }])
    await stage.server.ctl('set_vm_memory_high_watermark', '0')
    try {
      const [outcome] = await adapter.replay(dead, ['a'])
      expect(outcome).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('memory alarm') })
      await expect(
        adapter.send(at('work'), [{ name: null, body: Buffer.from('x'), delayMs: 0, priority: null, attributes: {} }]),
      ).rejects.toMatchObject({ code: 'broker-state', message: expect.stringContaining('memory alarm') })
      expect((await adapter.details(dead))[0]).toMatchObject({
        title: 'Alarms',
        note: expect.stringContaining('memory'),
      })
    } finally {
      await stage.server.ctl('set_vm_memory_high_watermark', '0.4')
    }
    expect(await ready('dead')).toBe(1)
    expect(await ready('work')).toBe(0)
  })
})

describe('a connection that breaks', () => {
  const publishOfB = 'body of b'
  /** Class and method of basic.ack. */
  const acknowledgement = '\x00\x3c\x00\x50'

  it.each<[string, string, Cut, { readonly b: string; readonly work: number; readonly dead: number }]>([
    ['before b is published', publishOfB, 'before-send', { b: 'unknown', work: 1, dead: 2 }],
    ['before b is confirmed', publishOfB, 'before-reply', { b: 'unknown', work: 2, dead: 2 }],
    ['before a is acknowledged', acknowledgement, 'before-send', { b: 'failed', work: 1, dead: 3 }],
  ])('%s loses nothing, and what may be there twice is said', async (_, marker, cut, expected) => {
    await declare()
    await kill(['body of a', publishOfB, 'body of c'].map((body) => ({ body })))
    const proxy = await tcpProxy(stage.server.amqpPort)
    try {
      const cutting = new RabbitmqAdapter(await stage.open({ amqpPort: proxy.port }))
      await cutting.peeking.peek(dead, 10)
      const wasCut = proxy.cutAt(marker, cut)
      const outcomes = await cutting.replay(dead, ['body of a', publishOfB])
      await wasCut
      // The acknowledgement of a was on its way when the connection broke: whether it arrived cannot be known.
      expect(outcomes.map(({ outcome }) => outcome)).toEqual([
        marker === acknowledgement ? 'unknown' : 'applied',
        expected.b,
      ])
      for (const outcome of outcomes) if ('reason' in outcome) expect(outcome.reason.length).toBeGreaterThan(20)
      await expect.poll(() => ready('dead')).toBe(expected.dead)
      expect(await ready('work')).toBe(expected.work)
      const left = new Set([...bodies(await taken('work')), ...bodies(await taken('dead'))])
      expect([...left].sort()).toEqual(['body of a', 'body of b', 'body of c'])
    } finally {
      await proxy.close()
    }
  })
})

describe('other remedies', () => {
  it('restore every property, by the road that the message had come', async () => {
    await declare()
    await kill([
      { body: 'a', options: { priority: 5, contentType: 'text/x', headers: { n: { '!': 'int64', value: 5n } } } },
    ])
    const [kept] = await adapter.snapshot(dead, 'dead', ['a'])
    expect(Object.keys(kept!.fields).sort()).toEqual(['exchange', 'properties', 'routing-key'])
    expect((await adapter.remove(dead, 'dead', ['a'])).map(({ outcome }) => outcome)).toEqual(['applied'])
    expect(await ready('dead')).toBe(0)
    expect((await adapter.restore(dead, [kept!])).map(({ outcome }) => outcome)).toEqual(['applied'])
    const [message] = await taken('dead')
    expect(rawPropertiesOf(message!)).toEqual(Buffer.from(kept!.fields.properties!))
    expect(message?.fields).toMatchObject({ exchange: 'dlx', routingKey: 'work' })
  })

  it('edit keeps properties, and undoes by the digest of what it wrote', async () => {
    await declare()
    await kill([{ body: 'a', options: { type: 'order' } }, { body: 'b' }])
    const digest = sha256(Buffer.from('a'))
    const edit = { id: 'a', state: 'dead', body: Buffer.from('edited'), expectedDigest: digest } as const
    expect(await adapter.edit(dead, edit)).toEqual({ id: 'a', outcome: 'applied' })
    expect(await adapter.edit(dead, edit)).toMatchObject({ outcome: 'changed' })
    expect(
      await adapter.edit(dead, { ...edit, body: Buffer.from('a'), expectedDigest: sha256(Buffer.from('edited')) }),
    ).toEqual({ id: 'a', outcome: 'applied' })
    const messages = await taken('dead')
    expect(bodies(messages)).toEqual(['b', 'a'])
    expect(messages[1]?.properties).toMatchObject({ type: 'order', messageId: 'a' })
  })

  it('say when nothing was looked at, and when a message is not there any more', async () => {
    await declare()
    await kill([{ body: 'a' }])
    const fresh = new RabbitmqAdapter(await stage.open())
    expect(await fresh.replay(dead, ['a'])).toEqual([
      { id: 'a', outcome: 'failed', reason: expect.stringContaining('Look again') },
    ])
    await taken('dead')
    expect(await adapter.remove(dead, 'dead', ['a'])).toEqual([{ id: 'a', outcome: 'gone' }])
    expect(await rows()).toEqual([])
  })

  it('do not take what stands in another state', async () => {
    await declare()
    await kill([{ body: 'a' }])
    expect(await adapter.remove(dead, 'ready', ['a'])).toEqual([{ id: 'a', outcome: 'gone' }])
    await expect(adapter.replay(at('work'), ['a'])).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('No dead letters are routed to work'),
    })
    await expect(adapter.pause(at('work'))).rejects.toMatchObject({ code: 'unsupported' })
  })
})
