import type { QueueAddress } from '@shared/model/queue'
import { expect } from 'vitest'
import { numberIn } from '../../clients/rabbitmq-json'
import { describeAdapter } from '../../testing/adapter-conformance'
import type { AdapterScene, AdapterStage } from '../../testing/adapter-stage'
import { type RabbitmqStage, startRabbitmqStage } from '../../testing/rabbitmq-stage'
import { RabbitmqAdapter } from './adapter'

const at = (name: string): QueueAddress => ({ layout: 'rabbitmq', prefix: '/', name })

/** Figures of a deleted queue linger, and would be taken for those of the next one by its name. */
let scenes = 0

describeAdapter('RabbitMQ 3.10', async (): Promise<AdapterStage> => {
  const stage = await startRabbitmqStage()
  const adapter = new RabbitmqAdapter(await stage.open())
  const reading = new RabbitmqAdapter(await stage.open(await stage.user('watcher', { tags: 'monitoring', read: '.*' })))
  return {
    name: 'RabbitMQ 3.10.8',
    adapter,
    reading,
    discover: (reader) => stage.discover(reader),
    scene: () => scene(stage, [adapter, reading]),
    stop: () => stage.stop(),
  }
})

async function scene(stage: RabbitmqStage, adapters: readonly RabbitmqAdapter[]): Promise<AdapterScene> {
  const { admin } = stage
  await stage.clear()
  scenes += 1
  const orders = at(`orders-${scenes}`)
  const deadOrders = at(`orders-${scenes}.dead`)
  const mails = at(`mails-${scenes}`)
  const clicks = at(`clicks-${scenes}`)
  await admin.assertExchange('dead', 'fanout')
  await admin.assertQueue(deadOrders.name)
  await admin.bindQueue(deadOrders.name, 'dead', '')
  await admin.assertQueue(orders.name, { deadLetterExchange: 'dead' })
  await admin.assertQueue(mails.name, { arguments: { 'x-queue-type': 'quorum' } })
  await admin.assertQueue(clicks.name, { arguments: { 'x-queue-type': 'stream' } })
  for (let n = 0; n < 6; n += 1)
    admin.sendToQueue(orders.name, Buffer.from(orderOf(n)), { messageId: `order-${n}`, persistent: true })
  for (let n = 0; n < 4; n += 1) admin.sendToQueue(mails.name, Buffer.from(`mail ${n}`), { messageId: `mail-${n}` })
  for (let n = 0; n < 5; n += 1) admin.sendToQueue(clicks.name, Buffer.from(`click ${n}`))
  await admin.waitForConfirms()
  await consume(stage, orders.name, (channel, message) => channel.nack(message, false, false))
  const counts = { [orders.name]: 0, [deadOrders.name]: 6, [mails.name]: 4, [clicks.name]: 5 }
  for (const [name, count] of Object.entries(counts)) {
    await expect.poll(() => told(stage, name), { timeout: 15_000, interval: 100 }).toBe(count)
  }
  await expect.poll(() => adapters[0]?.peeking.price(mails), { timeout: 15_000 }).toMatchObject({ answer: 'priced' })
  for (const adapter of adapters) {
    await Promise.all([deadOrders, mails, clicks].map((queue) => adapter.peeking.peek(queue, 100)))
  }
  const ready = async (name: string) => (await admin.checkQueue(name)).messageCount
  return {
    truth: async () => [
      { queue: orders, counts: { ready: await ready(orders.name), dead: 0, leased: 0 } },
      { queue: deadOrders, counts: { ready: 0, dead: await ready(deadOrders.name), leased: 0 } },
      { queue: mails, counts: { ready: await ready(mails.name), dead: 0, leased: 0 } },
      { queue: clicks, counts: { ready: await told(stage, clicks.name), dead: 0, leased: 0 } },
    ],
    samples: [
      {
        queue: deadOrders,
        state: 'dead',
        id: 'order-3',
        body: orderOf(3),
        error: { message: `rejected in ${orders.name}`, stack: null },
        attempts: 1,
      },
      { queue: mails, state: 'ready', id: 'mail-1', body: 'mail 1' },
      // A stream numbers what it keeps.
      { queue: clicks, state: 'ready', id: '2', body: 'click 2' },
    ],
    mended: deadOrders,
    // What was sent back from the dead-letter queue is worked on where it came from.
    work: (queue) => work(stage, queue.name === deadOrders.name ? orders.name : queue.name),
    edited: (body) => body.replace('"price":12.50', '"price":13.75'),
    outgoing: { name: null, body: '{"sent":"by hand"}', queue: orders },
    vanish: async (queue) => void (await admin.deleteQueue(queue.name)),
  }
}

const orderOf = (n: number): string => `{"id":900719925474099${n},"price":12.50}`

/** What the management plugin tells of its messages. */
async function told({ management }: RabbitmqStage, name: string): Promise<number> {
  const row = await management.get(`/queues/%2F/${name}?columns=messages_ready`, { act: 'count' })
  return numberIn(row, 'messages_ready') ?? -1
}

async function work(stage: RabbitmqStage, queue: string): Promise<readonly string[]> {
  const bodies: string[] = []
  await consume(stage, queue, (channel, message) => {
    bodies.push(message.content.toString('utf8'))
    channel.ack(message)
  })
  return bodies
}

type Consumer = Awaited<ReturnType<RabbitmqStage['channel']>>
type Consumed = Parameters<Consumer['ack']>[0]

/** A real consumer, for as many messages as there are when it begins. */
async function consume(
  stage: RabbitmqStage,
  queue: string,
  settle: (channel: Consumer, message: Consumed) => void,
): Promise<void> {
  const channel = await stage.channel()
  let left = (await channel.checkQueue(queue)).messageCount
  if (left > 0) {
    await new Promise<void>((resolve, reject) => {
      channel
        .consume(queue, (message) => {
          if (!message) return
          settle(channel, message)
          left -= 1
          if (left === 0) resolve()
        })
        .catch(reject)
    })
  }
  await channel.close()
}
