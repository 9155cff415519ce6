import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../runtime/clock'
import { type RedisStage, startRedisStage } from '../testing/redis-stage'
import { clockNotice } from './redis-clock'
import { surveyRedis } from './redis-survey'

let stage: RedisStage

beforeAll(async () => {
  stage = await startRedisStage()
})
afterAll(() => stage.stop())

/** A machine whose own clock is wrong by so much. */
const machine = (offMs: number) => ({ ...systemClock, now: () => systemClock.now() + offMs })

describe('a clock that differs from the server’s', () => {
  it.each([
    [-12_000, 'This server’s clock is 12 s ahead of this machine’s'],
    [12_000, 'This server’s clock is 12 s behind this machine’s'],
    [-600_000, 'is 10 min ahead of'],
    [24 * 3_600_000, 'is 24 h behind'],
  ])('by %i ms is told at connect, and what is wrong by it', async (offMs, words) => {
    const { notices } = await surveyRedis(stage.client, machine(offMs))
    const notice = notices.find((each) => each.includes('clock'))
    expect(notice).toContain(words)
    expect(notice).toContain('off by that much. Have both set by NTP.')
  })

  it('by less than anybody sees is not told', async () => {
    expect(await clockNotice(stage.client, machine(0))).toBeNull()
    expect(await clockNotice(stage.client, machine(1_500))).toBeNull()
  })

  it('is not known where this user may not ask for the time', async () => {
    await stage.admin.call('ACL', 'SETUSER', 'reader', '-time')
    expect(await clockNotice(stage.readingClient, machine(60_000))).toBeNull()
    await stage.admin.call('ACL', 'SETUSER', 'reader', '+time')
  })
})
