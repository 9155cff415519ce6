import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../runtime/clock'
import { loopback, redisClient } from '../clients/redis'
import { type RedisStage, startRedisStage } from '../testing/redis-stage'
import { askTogether, timeTogether } from './asking-together'
import { type Answer, askAll, type Command, explained, numberOf, pairsOf, textOf } from './redis-asking'

let stage: RedisStage
beforeAll(async () => {
  stage = await startRedisStage()
})
afterAll(() => stage.stop())
beforeEach(() => stage.admin.flushall())

const commands = (name: string, count: number): Command[] =>
  Array.from({ length: count }, (_, n): Command => [name, `key-${n}`])

/** How often scripts were called since the last reset, and any other command by a client's own hand or by a script. */
async function calls(name: string): Promise<number> {
  const stats = await stage.admin.info('commandstats')
  return Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
}

describe('questions asked together', () => {
  it('are a few calls, however many readers ask in one turn', async () => {
    await stage.admin.lpush('key-1', 'a', 'b')
    await stage.admin.zadd('other', 1, 'x')
    await askTogether(stage.client, [['EXISTS', 'key-1']])
    await stage.admin.config('RESETSTAT')
    const [lists, sets, now] = await Promise.all([
      askTogether(stage.client, commands('LLEN', 5_000)),
      askTogether(stage.client, [['ZCARD', 'other']]),
      timeTogether(stage.client, systemClock),
    ])
    expect(lists.slice(0, 3)).toEqual([0, 2, 0].map((value) => ({ ok: true, value })))
    expect(lists).toHaveLength(5_000)
    expect(sets).toEqual([{ ok: true, value: 1 }])
    expect(Math.abs(now - Date.now())).toBeLessThan(5_000)
    expect(await calls('evalsha_ro')).toBe(3)
    expect(await calls('llen')).toBe(5_000)
  })

  it('are answered as they are one by one: nothing, texts, lists, bytes', async () => {
    await stage.admin.lpush('list', Buffer.from([0xff, 0x00]), 'b')
    await stage.admin.hset('hash', 'a', '1.5')
    await stage.admin.xadd('stream', '1-1', 'field', 'value')
    await stage.admin.zadd('set', '0.1', 'member')
    const asked: Command[] = [
      ['GET', 'none'],
      ['LRANGE', 'list', 0, -1],
      ['HMGET', 'hash', 'a', 'b'],
      ['XRANGE', 'stream', '-', '+'],
      ['XINFO', 'STREAM', 'stream'],
      ['TYPE', 'list'],
    ]
    expect(await askTogether(stage.client, asked)).toEqual(await askAll(stage.client, asked))
    // A script speaks RESP2: what RESP3 nests in pairs comes flat, as from an older server.
    const scores: Command = ['ZRANGE', 'set', 0, -1, 'WITHSCORES']
    const [together] = await askTogether(stage.client, [scores])
    const [alone] = await askAll(stage.client, [scores])
    const textsOf = (answer: Answer | undefined) =>
      answer?.ok ? pairsOf(answer.value).map(([member, score]) => [textOf(member), numberOf(score)]) : null
    expect(textsOf(together)).toEqual([['member', 0.1]])
    expect(textsOf(alone)).toEqual([['member', 0.1]])
  })

  it('tell a refusal as the server tells it alone, and answer the others', async () => {
    await stage.admin.set('text', 'x')
    const [good, bad] = await askTogether(stage.client, [
      ['STRLEN', 'text'],
      ['LLEN', 'text'],
    ])
    expect(good).toEqual({ ok: true, value: 1 })
    if (!bad || bad.ok) throw new Error('it was not refused')
    expect((await explained(stage.client, bad)).message).toBe('text holds a string where this layout keeps a list.')
  })

  it('go one by one for a user who may not run scripts, who is asked to only once', async () => {
    await stage.admin.config('RESETSTAT')
    for (let round = 0; round < 3; round += 1)
      expect(await askTogether(stage.readingClient, [['LLEN', 'none']])).toEqual([{ ok: true, value: 0 }])
    const stats = await stage.admin.info('commandstats')
    expect(/cmdstat_evalsha_ro:.*rejected_calls=(\d+)/.exec(stats)?.[1]).toBe('1')
  })

  it('all fail when the connection is gone', async () => {
    const client = redisClient(loopback(stage.server.port))
    await client.connect()
    client.disconnect()
    await expect(askTogether(client, [['LLEN', 'a']])).rejects.toMatchObject({ code: 'unreachable' })
  })
})
