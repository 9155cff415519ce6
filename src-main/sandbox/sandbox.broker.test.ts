import { queueKey } from '@shared/model/queue'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openConnection } from '../brokers/open'
import type { Log } from '../runtime/log'
import { type Sandbox, startSandbox } from './sandbox'

const silent: Log = { info: () => {}, warn: () => {}, error: () => {} }

describe('the sandbox', () => {
  let sandbox: Sandbox
  let redis: Redis

  beforeAll(async () => {
    sandbox = await startSandbox(silent)
    const profile = sandbox.environments.find(({ environment }) => environment.kind === 'redis')!.environment
    if (profile.kind !== 'redis' || profile.topology.kind !== 'single') throw new Error('the sandbox is another')
    redis = new Redis(profile.topology.port, profile.topology.host)
  })
  afterAll(async () => {
    redis.disconnect()
    await sandbox.stop()
  })

  it('holds queues of each system, and each is found as what it is at any moment', async () => {
    const { environment } = sandbox.environments.find((each) => each.environment.kind === 'redis')!
    const connection = await openConnection(environment, { password: null, mfaCode: () => null })
    const names = async () => {
      const found = new Set<string>()
      await connection.finder.find({
        found: ({ address }) => found.add(queueKey(address)),
        signal: new AbortController().signal,
        pace: 'hurried',
      })
      return [...found].sort()
    }
    let first: readonly string[] = []
    await expect
      .poll(
        async () => {
          first = await names()
          return first
        },
        { timeout: 20_000 },
      )
      .toHaveLength(15)
    // A list that was just emptied is not there; what is there is never taken for another system's.
    for (let pass = 0; pass < 20; pass += 1) expect(first).toEqual(expect.arrayContaining(await names()))
    expect(new Set(first.map((key) => key.split('/')[0]))).toEqual(
      new Set(['bee', 'bull', 'bullmq', 'declared', 'engine', 'resque', 'stream']),
    )
    await connection.close()
  })

  it.each([
    ['BullMQ', async () => await redis.zcard('bull:thumbnails:completed')],
    ['Bull', async () => (await redis.zcard('bull:avatars:completed')) + (await redis.zcard('bull:avatars:failed'))],
    ['bee-queue', async () => Number(await redis.get('bq:geocode:id')) - (await redis.llen('bq:geocode:waiting'))],
    ['Resque', async () => Number(await redis.get('resque:stat:processed'))],
    ['the engine', async () => Number(await redis.hget('qe:{emails}:state', 'acked'))],
  ])('works off what is sent by %s', async (_, worked) => {
    await expect.poll(worked, { timeout: 30_000, interval: 200 }).toBeGreaterThan(2)
  })
})
