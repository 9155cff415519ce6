import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type RedisStage, startRedisStage } from '../testing/redis-stage'
import { tailChannel } from './channel-tail'

let stage: RedisStage
beforeAll(async () => {
  stage = await startRedisStage()
})
afterAll(() => stage.stop())
// A connection that ended is let go by the server a moment later, and would be taken for the next test's.
afterEach(() =>
  vi.waitFor(async () => {
    expect(await stage.admin.pubsub('CHANNELS')).toEqual([])
    expect(await stage.admin.pubsub('NUMPAT')).toBe(0)
  }, 5_000),
)

const news = { name: 'news', isPattern: false }

const heard = (channel: string) =>
  vi.waitFor(async () => expect(((await stage.admin.pubsub('NUMSUB', channel)) as unknown[])[1]).toBe(1), 5_000)

describe('the tail of a channel', () => {
  it('counts what a slow reader missed', async () => {
    const ending = new AbortController()
    const pieces = tailChannel(stage.client, news, ending.signal)
    const first = pieces.next()
    await heard('news')
    await stage.admin.publish('news', Buffer.from([0xff, 0x00]))
    expect(Buffer.from((await first).value!.messages[0]!.base64, 'base64')).toEqual(Buffer.from([0xff, 0x00]))
    const pipeline = stage.admin.pipeline()
    for (let n = 0; n < 3_000; n += 1) pipeline.publish('news', String(n))
    await pipeline.exec()
    // The reader's own connection has heard it all once it has heard this.
    let [seen, missed] = [0, 0]
    while (seen + missed < 3_000) {
      const { value } = await pieces.next()
      seen += value!.messages.length
      missed += value!.missed
    }
    expect(seen + missed).toBe(3_000)
    expect(seen).toBeGreaterThanOrEqual(1_000)
    ending.abort()
    expect((await pieces.next()).done).toBe(true)
  })

  it('says when its connection is lost', async () => {
    const pieces = tailChannel(stage.client, news, new AbortController().signal)
    const failing = expect(pieces.next()).rejects.toMatchObject({ code: 'unreachable', subject: 'news' })
    await heard('news')
    await stage.admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await failing
    expect(await stage.client.ping()).toBe('PONG')
  })

  it('says what a user may not listen to', async () => {
    const pieces = tailChannel(stage.readingClient, news, new AbortController().signal)
    await expect(pieces.next()).rejects.toMatchObject({ code: 'denied' })
    expect((await tailChannel(stage.client, news, AbortSignal.abort()).next()).done).toBe(true)
  })

  it('hears every channel that a pattern matches, and says which it was', async () => {
    const ending = new AbortController()
    const pieces = tailChannel(stage.client, { name: 'orders.*', isPattern: true }, ending.signal)
    const next = pieces.next()
    await vi.waitFor(async () => expect(await stage.admin.pubsub('NUMPAT')).toBe(1), 5_000)
    await stage.admin.publish('mail', 'no')
    await stage.admin.publish('orders.eu', 'yes')
    expect((await next).value!.messages).toMatchObject([
      { channel: 'orders.eu', base64: Buffer.from('yes').toString('base64'), id: null },
    ])
    ending.abort()
    expect((await pieces.next()).done).toBe(true)
    const denied = tailChannel(stage.readingClient, { name: 'o*', isPattern: true }, new AbortController().signal)
    await expect(denied.next()).rejects.toMatchObject({ code: 'denied', subject: 'PSUBSCRIBE' })
  })
})
