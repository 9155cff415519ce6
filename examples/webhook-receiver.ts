/**
 * Takes webhooks in over HTTP, answers once the broker has them, and works them off behind the sender's back.
 *
 *     npm run build && npx tsx examples/webhook-receiver.ts
 *
 * Shows: bodies kept byte for byte, a delivery that comes twice, a retry, a dead letter, and its replay after a fix.
 */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Engine, UnrecoverableError } from 'queuescope/engine'

interface Webhook {
  readonly type: string
  readonly customer: string
}

const secret = 'whsec_example'
const signatureOf = (body: Buffer) => createHmac('sha256', secret).update(body).digest()

const engine = await Engine.open({ redis: { url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' } })
const webhooks = engine.queue<Webhook>('example-webhooks', { maxAttempts: 4, retryDelaysMs: [50, 1_000, 10_000] })

const isGenuine = (request: IncomingMessage, body: Buffer) => {
  const claimed = Buffer.from(String(request.headers['x-signature']), 'hex')
  const right = signatureOf(body)
  return claimed.length === right.length && timingSafeEqual(claimed, right)
}

/** The bytes that were signed are the bytes that are kept. A sender that hears nothing sends again: its delivery is the dedup key. */
async function take(request: IncomingMessage): Promise<readonly [status: number, text: string]> {
  const body = await buffer(request)
  if (!isGenuine(request, body)) return [401, 'wrong signature']
  const delivery = String(request.headers['x-delivery'])
  try {
    const id = await webhooks.enqueue(body, { dedupKey: delivery, dedupWindowMs: 86_400_000, source: 'billing' })
    return [202, id]
  } catch (error) {
    console.error(error)
    return [503, 'come again']
  }
}

const server = createServer(async (request, response) => {
  const [status, text] = await take(request)
  response.writeHead(status).end(text)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

const known = new Set(['invoice.paid', 'invoice.refunded'])
const worker = engine.worker(
  webhooks,
  ({ data, attempt }) => {
    if (!known.has(data.type)) throw new UnrecoverableError(`no handler for ${data.type}`)
    if (data.type === 'invoice.refunded' && attempt === 1) throw new Error('the ledger is busy')
    console.log(`handled ${data.type} of ${data.customer} on attempt ${attempt}`)
  },
  { concurrency: 5, onError: (error) => console.log(`failed: ${error instanceof Error ? error.message : error}`) },
)
/** Ids in the order in which they ended: done or dead. */
const ended = (count: number) =>
  new Promise<readonly string[]>((resolve) => {
    const ids: string[] = []
    const hear = (id: string) => {
      if (ids.push(id) === count) resolve(ids)
    }
    worker.on('acked', ({ message }) => hear(message.id))
    worker.on('dead', ({ message }) => hear(message.id))
  })

async function deliver(delivery: string, webhook: Webhook, signature?: string): Promise<string> {
  const body = Buffer.from(JSON.stringify(webhook))
  const headers = { 'x-delivery': delivery, 'x-signature': signature ?? signatureOf(body).toString('hex') }
  const response = await fetch(`http://127.0.0.1:${port}/webhooks`, { method: 'POST', headers, body })
  const text = await response.text()
  console.log(`delivered ${webhook.type}: ${response.status}`)
  return text
}

const three = ended(3)
const run = randomUUID()
const first = await deliver(`${run}-1`, { type: 'invoice.paid', customer: 'Ada' })
const again = await deliver(`${run}-1`, { type: 'invoice.paid', customer: 'Ada' })
console.log(`the same delivery again is the same message: ${first === again}`)
await deliver(`${run}-2`, { type: 'invoice.refunded', customer: 'Bob' })
const unknown = await deliver(`${run}-3`, { type: 'customer.merged', customer: 'Cleo' })
await deliver(`${run}-4`, { type: 'invoice.paid', customer: 'Mallory' }, 'f00d')
await three

const letter = await webhooks.get(unknown)
console.log(`dead letter: ${letter?.error?.name}: ${letter?.error?.message}`)
known.add('customer.merged')
const replayed = ended(1)
console.log(`replayed ${await webhooks.dead.replay(unknown)}`)
await replayed

server.close()
await engine.close()
console.log('done')
