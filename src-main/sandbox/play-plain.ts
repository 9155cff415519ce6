import { Redis } from 'ioredis'
import { aboutMs, again, next, pick } from './story'

/** What teams write by themselves: a stream with two groups, a list queue with its dead letters, an event log. */
export async function playPlain(port: number): Promise<void> {
  const redis = new Redis(port, '127.0.0.1')
  const consumer = redis.duplicate()
  for (const client of [redis, consumer]) client.on('error', () => {})
  await redis.xgroup('CREATE', 'clicks', 'analytics', '0', 'MKSTREAM').catch(() => {})
  await redis.xgroup('CREATE', 'clicks', 'billing', '0').catch(() => {})
  await Promise.all([produceClicks(redis), consumeClicks(consumer), playListQueue(redis), writeEvents(redis)])
}

const produceClicks = (redis: Redis): Promise<never> =>
  again(2, () =>
    redis.xadd(
      'clicks',
      'MAXLEN',
      '~',
      5_000,
      '*',
      'page',
      pick(['/', '/pricing', '/docs']),
      'visitor',
      String(next()),
    ),
  )

/** Analytics keeps up and forgets an acknowledgement now and then; billing has stopped, and its lag grows. */
const consumeClicks = (redis: Redis): Promise<never> =>
  again(1, async () => {
    const read = (await redis.xreadgroup('GROUP', 'analytics', 'a-1', 'COUNT', 10, 'STREAMS', 'clicks', '>')) as
      | [string, [string, string[]][]][]
      | null
    const ids = (read?.[0]?.[1] ?? []).map(([id]) => id).filter(() => Math.random() > 0.02)
    if (ids.length > 0) await redis.xack('clicks', 'analytics', ...ids)
  })

/** The list queue that stands in many a code base: pushed left, popped right, the dead in a list beside it. */
const playListQueue = (redis: Redis): Promise<never> =>
  again(1, async () => {
    const id = `sms-${next()}`
    await redis.lpush(
      'queue:sms',
      JSON.stringify({ id, payload: { to: '+49 30 90 18 20' }, attempts: 0, enqueuedAt: Date.now() }),
    )
    await aboutMs(300)
    const taken = await redis.rpop('queue:sms')
    if (taken === null || Math.random() > 0.1) return
    const envelope = JSON.parse(taken) as Record<string, unknown>
    await redis.lpush(
      'queue:sms:dead',
      JSON.stringify({ ...envelope, attempts: 3, error: 'gateway answered 503', failedAt: Date.now() }),
    )
  })

const writeEvents = (redis: Redis): Promise<never> =>
  again(0.5, async () => {
    const event = JSON.stringify({ type: 'order.paid', order: next(), at: new Date().toISOString() })
    await redis
      .multi()
      .lpush('events:order.paid', event)
      .ltrim('events:order.paid', 0, 499)
      .publish('events:order.paid', event)
      .exec()
  })
