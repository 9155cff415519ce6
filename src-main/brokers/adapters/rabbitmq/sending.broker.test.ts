import type { QueueAddress } from '@shared/model/queue'
import type { GetMessage } from 'amqplib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RabbitmqStage, startRabbitmqStage } from '../../testing/rabbitmq-stage'
import { RabbitmqAdapter } from './adapter'

const at = (name: string): QueueAddress => ({ layout: 'rabbitmq', prefix: '/', name })

let stage: RabbitmqStage
let adapter: RabbitmqAdapter

beforeAll(async () => {
  stage = await startRabbitmqStage()
}, 60_000)
afterAll(() => stage.stop())
beforeEach(async () => {
  await stage.clear()
  await stage.admin.assertQueue('work')
  adapter = new RabbitmqAdapter(await stage.open())
})

const ready = async (queue: string): Promise<number> => (await stage.admin.checkQueue(queue)).messageCount

async function taken(queue: string): Promise<readonly GetMessage[]> {
  const messages: GetMessage[] = []
  for (let got = await stage.admin.get(queue); got; got = await stage.admin.get(queue)) {
    messages.push(got)
    stage.admin.ack(got)
  }
  return messages
}

describe('sending', () => {
  const message = { name: null, body: Buffer.from('x'), delayMs: 0, priority: null, attributes: {} }

  it('sets properties and headers from attributes, and is safe on disk', async () => {
    const ids = await adapter.send(at('work'), [
      {
        ...message,
        name: 'order.created',
        priority: 3,
        attributes: { 'content-type': 'application/json', 'message-id': 'mine', tenant: 'a', 'header type': 'b' },
      },
      message,
    ])
    expect(ids[0]).toBe('mine')
    const messages = await taken('work')
    expect(messages[0]?.properties).toMatchObject({
      type: 'order.created',
      priority: 3,
      contentType: 'application/json',
      messageId: 'mine',
      deliveryMode: 2,
      headers: { tenant: 'a', type: 'b' },
    })
    expect(messages[1]?.properties.messageId).toBe(ids[1])
  })

  it('publishes to an exchange with a routing key', async () => {
    await stage.admin.assertExchange('events', 'topic')
    await stage.admin.bindQueue('work', 'events', 'a.#')
    await adapter.send(at('work'), [{ ...message, options: { exchange: 'events', routingKey: 'a.b' } }])
    expect((await taken('work'))[0]?.fields).toMatchObject({ exchange: 'events', routingKey: 'a.b' })
  })

  it.each([
    ['no queue takes it', { exchange: 'events', routingKey: 'nobody' }, 'not-found', 'No queue is bound'],
    ['there is no such exchange', { exchange: 'missing' }, 'broker-state', "no exchange 'missing'"],
    ['an option is not known', { group: 'g' }, 'bad-input', 'nothing that RabbitMQ takes'],
    ['a key has no exchange', { routingKey: 'k' }, 'bad-input', 'needs an exchange'],
  ])('is a failure in words when %s', async (_, options, code, words) => {
    await stage.admin.assertExchange('events', 'topic')
    await expect(
      adapter.send(at('work'), [{ ...message, options: options as Record<string, string> }]),
    ).rejects.toMatchObject({ code, message: expect.stringContaining(words) })
    expect(await ready('work')).toBe(0)
  })

  it.each([
    [{ priority: '300' }, 'priority'],
    [{ 'delivery-mode': '3' }, 'delivery-mode'],
    [{ expiration: 'soon' }, 'expiration'],
    [{ timestamp: '-1' }, 'timestamp'],
    [{ 'content-type': 'x'.repeat(256) }, 'content-type'],
  ])('refuses %j before anything is sent', async (attributes, subject) => {
    await expect(
      adapter.send(at('work'), [message, { ...message, attributes: { ...attributes } }]),
    ).rejects.toMatchObject({ code: 'bad-input', subject })
    expect(await ready('work')).toBe(0)
  })

  it('does not delay, and says how it could be done', async () => {
    await expect(adapter.send(at('work'), [{ ...message, delayMs: 5 }])).rejects.toMatchObject({
      code: 'bad-input',
      hint: expect.stringContaining('time to live'),
    })
  })

  it('says that a queue is gone', async () => {
    await expect(adapter.send(at('gone'), [message])).rejects.toMatchObject({ code: 'gone' })
  })
})
