/**
 * A payment that happens once, though its message is delivered twice, and though the first answer of the bank was lost.
 *
 *     npm run build && npx tsx examples/idempotent-payment.ts
 *
 * Shows: once in a handler, the key handed on to the other side, and callers that meet at the same key.
 */
import { randomUUID } from 'node:crypto'
import { Engine, Failure } from 'queuescope/engine'

interface Payment {
  readonly order: string
  readonly cents: number
}

/** A bank that knows idempotency keys, as most do. Its first answer gets lost on the way. */
class Bank {
  requests = 0
  readonly charges = new Map<string, { readonly receipt: string }>()

  async charge(cents: number, key: string): Promise<{ readonly receipt: string }> {
    this.requests++
    const charge = this.charges.get(key) ?? { receipt: `R-${cents}-${this.charges.size + 1}` }
    this.charges.set(key, charge)
    if (this.requests === 1) throw new Error('the connection broke while the bank answered')
    return charge
  }
}

const bank = new Bank()
const engine = await Engine.open({ redis: { url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' } })
const payments = engine.queue<Payment>('example-card-payments', { maxAttempts: 5, retryDelaysMs: [20] })
const order = `order-${randomUUID()}`

let mails = 0
const paid = new Promise<void>((resolve) => {
  engine.worker(
    payments,
    async (message) => {
      const { data, attempt } = message
      const key = `charge:${data.order}`
      const { receipt } = await message.once(key, () => bank.charge(data.cents, key))
      console.log(`attempt ${attempt}: receipt ${receipt}`)
      // What comes after may fail as often as it likes: the charge is not made again.
      mails++
      if (mails === 1) throw new Error('the mail server is down')
      return receipt
    },
    {
      onError: (error) => console.log(`failed: ${error instanceof Error ? error.message : error}`),
      onProcessed: () => resolve(),
    },
  )
})
await payments.enqueue({ order, cents: 4_200 })
await paid
console.log(`the bank got ${bank.requests} requests and made ${bank.charges.size} charge`)

// Outside a worker: who comes while another is at it is told so, and finds the result later.
let open = () => {}
const opened = new Promise<void>((resolve) => {
  open = resolve
})
let began = () => {}
const begun = new Promise<void>((resolve) => {
  began = resolve
})
const slow = payments.once(`refund:${order}`, async () => {
  began()
  await opened
  return 'refunded'
})
await begun
const refusal = await payments.once(`refund:${order}`, () => 'twice').catch((error: unknown) => error)
console.log(`meanwhile: ${refusal instanceof Failure ? refusal.code : refusal}`)
open()
console.log(`the first: ${await slow}, the second later: ${await payments.once(`refund:${order}`, () => 'twice')}`)

await engine.close()
console.log('done')
