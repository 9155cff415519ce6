import { randomUUID } from 'node:crypto'

/** One queue's little story: what is sent, how fast, and how its worker fares. Pure but for chance. */
export interface Scene {
  readonly queue: string
  readonly layout: 'engine' | 'bullmq'
  /** Job name, for BullMQ. */
  readonly jobName: string
  /** Messages a second, on average. */
  readonly perSecond: number
  /** How long the worker takes, milliseconds, on average; null: there is no worker. */
  readonly runMs: number | null
  readonly concurrency: number
  readonly attempts: number
  /** Share that is sent with a delay of up to 2 minutes. */
  readonly delayedShare: number
  readonly payload: () => unknown
  /** What goes wrong with this payload, or undefined when all is well. */
  readonly failure: (payload: unknown) => Error | undefined
}

const chance = (share: number): boolean => Math.random() < share
const pick = <T>(choices: readonly T[]): T => choices[Math.floor(Math.random() * choices.length)] as T
const amount = () => Math.round(Math.random() * 20_000) / 100

/** An error as a service of that name would throw it: its stack is part of the story, not of this file. */
export function failed(name: string, message: string, frames: readonly string[]): Error {
  const library = ['process.processTicksAndRejections (node:internal/process/task_queues:95:5)']
  const stack = [`${name}: ${message}`, ...[...frames, ...library].map((frame) => `    at ${frame}`)].join('\n')
  return Object.assign(new Error(message), { name, stack })
}

const customers = ['acme', 'globex', 'initech', 'umbrella', 'hooli', 'stark']

/** A schema that changed, a partner that times out, a payload that nobody can digest, a queue without a worker, and some that are well. */
export const scenes: readonly Scene[] = [
  {
    queue: 'webhooks',
    layout: 'engine',
    jobName: '',
    perSecond: 6,
    runMs: 60,
    concurrency: 2,
    attempts: 2,
    delayedShare: 0,
    payload: () => ({
      event: pick(['invoice.paid', 'invoice.failed', 'customer.created']),
      endpoint: `https://hooks.${pick(customers)}.example/billing`,
      delivery: randomUUID(),
      body: { amount: amount(), currency: 'EUR' },
    }),
    failure: (payload) =>
      (payload as { endpoint: string }).endpoint.includes('umbrella')
        ? failed(
            'TimeoutError',
            `no answer within 5000 ms while sending delivery ${(payload as { delivery: string }).delivery}`,
            [
              'Timeout.onExpired (/srv/billing/node_modules/got/dist/core/timeout.js:46:19)',
              'sendWebhook (/srv/billing/src/webhooks/send.ts:48:11)',
              'deliver (/srv/billing/src/webhooks/worker.ts:21:5)',
            ],
          )
        : undefined,
  },
  {
    queue: 'orders',
    layout: 'engine',
    jobName: '',
    perSecond: 4,
    runMs: 40,
    concurrency: 4,
    attempts: 2,
    delayedShare: 0,
    payload: () => ({
      orderId: 9_000_000 + Math.floor(Math.random() * 1_000_000),
      customer: pick(customers),
      ...(chance(0.06) ? {} : { email: `ops@${pick(customers)}.example` }),
      lines: [{ sku: `SKU-${Math.floor(Math.random() * 900) + 100}`, quantity: 1 + Math.floor(Math.random() * 4) }],
    }),
    failure: (payload) =>
      'email' in (payload as object)
        ? undefined
        : failed('SchemaError', '"email" is required', [
            'parseOrder (/srv/shop/src/orders/schema.ts:17:13)',
            'handleOrder (/srv/shop/src/orders/worker.ts:9:17)',
          ]),
  },
  {
    queue: 'emails',
    layout: 'engine',
    jobName: '',
    perSecond: 10,
    runMs: 20,
    concurrency: 8,
    attempts: 5,
    delayedShare: 0.1,
    payload: () => ({
      template: pick(['welcome', 'receipt', 'reminder']),
      to: `user${Math.floor(Math.random() * 1e4)}@example.org`,
    }),
    failure: () => undefined,
  },
  {
    queue: 'exports',
    layout: 'engine',
    jobName: '',
    perSecond: 0.4,
    runMs: null,
    concurrency: 1,
    attempts: 3,
    delayedShare: 0,
    payload: () => ({ report: pick(['revenue', 'churn', 'usage']), month: '2026-10', format: 'csv' }),
    failure: () => undefined,
  },
  {
    queue: 'thumbnails',
    layout: 'bullmq',
    jobName: 'resize',
    perSecond: 5,
    runMs: 90,
    concurrency: 4,
    attempts: 1,
    delayedShare: 0,
    payload: () => ({ image: `uploads/${randomUUID()}.jpg`, widths: [320, 640, 1280] }),
    failure: () =>
      chance(0.01)
        ? failed('PoisonError', 'unsupported colour space in image header', [
            'decodeHeader (/srv/media/src/images/decode.ts:112:9)',
            'resize (/srv/media/src/images/worker.ts:30:20)',
          ])
        : undefined,
  },
  {
    queue: 'reports',
    layout: 'bullmq',
    jobName: 'render',
    perSecond: 1.5,
    runMs: 700,
    concurrency: 1,
    attempts: 1,
    delayedShare: 0.15,
    payload: () => ({
      report: pick(['weekly', 'monthly']),
      account: `acct_${Math.floor(Math.random() * 9_000) + 1_000}`,
    }),
    failure: () =>
      chance(0.15)
        ? failed('Error', `connect ECONNREFUSED 10.0.3.17:${5432 + Math.floor(Math.random() * 3)}`, [
            'TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)',
            'openReportStore (/srv/reports/src/store.ts:14:24)',
          ])
        : undefined,
  },
  {
    queue: 'payments-capture',
    layout: 'bullmq',
    jobName: 'capture',
    perSecond: 3,
    runMs: 120,
    concurrency: 2,
    attempts: 2,
    delayedShare: 0,
    payload: () => ({
      paymentId: `pay_${randomUUID().slice(0, 8)}`,
      amountMinor: Math.round(amount() * 100),
      idempotencyKey: randomUUID(),
    }),
    failure: () =>
      chance(0.03)
        ? failed('GatewayError', 'status code 503 from the gateway after 3 tries', [
            'Gateway.capture (/srv/payments/src/gateway.ts:77:13)',
            'capture (/srv/payments/src/worker.ts:25:3)',
          ])
        : undefined,
  },
]
