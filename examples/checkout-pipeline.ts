/**
 * An order that is confirmed when stock, payment and receipt are done: a parent and its children, in four queues.
 *
 *     npm run build && npx tsx examples/checkout-pipeline.ts
 *
 * Shows: a family, results of children, a call that may be repeated, a retry inside, progress, and a result that is kept.
 */
import { randomUUID } from 'node:crypto'
import { Engine } from 'queuescope/engine'

interface Order {
  readonly order: string
  readonly items: readonly string[]
  readonly cents: number
}

const engine = await Engine.open({ redis: { url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' } })
const orders = engine.queue<Order>('example-orders', { keepDone: { count: 100, ageMs: 3_600_000 } })
const stock = engine.queue<{ readonly item: string }>('example-stock')
const payments = engine.queue<{ readonly order: string; readonly cents: number }>('example-payments', {
  retry: { baseMs: 20, capMs: 1_000 },
})

engine.worker(stock, ({ data }) => {
  console.log(`reserved ${data.item}`)
  return { shelf: data.item.length }
})
engine.worker(payments, ({ data, attempt }) => {
  if (attempt === 1) throw new Error('the bank does not answer')
  console.log(`charged ${data.cents} cents on attempt ${attempt}`)
  return { receipt: `R-${data.cents}` }
})

const confirmed = new Promise<void>((resolve, reject) => {
  engine.worker(
    orders,
    async (message) => {
      const [payment, ...shelves] = await message.children()
      await message.progress({ reserved: shelves.length, of: message.data.items.length })
      await message.log(`paid with ${JSON.stringify(payment)}`)
      console.log(`confirmed with ${JSON.stringify(payment)} and ${shelves.length} shelves`)
      return { payment, shelves }
    },
    { onProcessed: () => resolve(), onError: reject },
  )
})

/** Safe to call again when the caller does not know what became of the first call: the order's number is the id. */
const checkout = (order: Order) =>
  engine.queue<Order>('example-orders').enqueueFamily({
    data: order,
    options: { id: order.order },
    children: [
      { queue: payments, data: { order: order.order, cents: order.cents } },
      ...order.items.map((item) => ({ queue: stock, data: { item } })),
    ],
  })

const order: Order = { order: `order-${randomUUID()}`, items: ['lamp', 'table'], cents: 12_900 }
const { children } = await checkout(order)
console.log(`enqueued: ${children.map(({ outcome }) => outcome).join(', ')}`)
const repeated = await checkout(order)
console.log(`enqueued again: ${repeated.children.map(({ outcome }) => outcome).join(', ')}`)
await confirmed

const kept = await orders.get(order.order)
console.log(`kept: ${kept?.state}, progress ${kept?.progress}, result ${kept?.result}`)
await engine.close()
console.log('done')
