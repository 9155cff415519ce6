import type { QueueAddress } from '@shared/model/queue'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { valueIn } from '../../clients/rabbitmq-json'
import { type RabbitmqStage, startRabbitmqStage } from '../../testing/rabbitmq-stage'
import { RabbitmqAdapter } from './adapter'

const at = (name: string): QueueAddress => ({ layout: 'rabbitmq', prefix: '/', name })

let stage: RabbitmqStage
let reader: Awaited<ReturnType<RabbitmqStage['user']>>

beforeAll(async () => {
  // What a channel did is told when it closes, and not before.
  stage = await startRabbitmqStage({ config: ['collect_statistics_interval = 60000'] })
  reader = await stage.user('reader', { tags: 'monitoring', read: '.*' })
  const { admin } = stage
  await admin.assertQueue('dead')
  for (const queue of ['worn', 'held']) {
    await admin.assertQueue(queue, {
      arguments: {
        'x-queue-type': 'quorum',
        'x-delivery-limit': 3,
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': 'dead',
      },
    })
    admin.sendToQueue(queue, Buffer.from('at its limit'), {
      persistent: true,
      messageId: 'worn',
      headers: { tenant: 'a', big: { '!': 'int64', value: 9_007_199_254_740_993n } },
    })
    await admin.waitForConfirms()
    for (let time = 0; time < 3; time += 1) {
      await vi.waitFor(async () => expect(await admin.get(queue)).toBeTruthy())
      admin.nackAll(true)
      await admin.prefetch(0)
    }
  }
  await stage.server.ctl('stop_app')
  await stage.server.ctl('start_app')
  for (const queue of ['worn', 'held']) {
    // Its policy is told again; its redeliveries are forgotten.
    await vi.waitFor(
      async () => {
        const row = await stage.management.get(`/queues/%2F/${queue}`, { act: 'look' })
        expect(valueIn(row, 'effective_policy_definition')).toBeDefined()
      },
      { timeout: 20_000, interval: 200 },
    )
  }
}, 90_000)
afterAll(() => stage.stop())

/** By the queues themselves. */
async function counts(): Promise<Readonly<Record<string, number>>> {
  const channel = await stage.channel()
  const names = ['worn', 'held', 'dead']
  const found = await Promise.all(names.map(async (name) => [name, (await channel.checkQueue(name)).messageCount]))
  await channel.close()
  return Object.fromEntries(found)
}

describe('a message at its delivery limit, of which the broker’s statistics know nothing after a restart', () => {
  it('is put at the end as it is, since giving it back would dead-letter it', async () => {
    const adapter = new RabbitmqAdapter(await stage.open())
    expect(await adapter.peeking.price(at('worn'))).toMatchObject({ answer: 'priced' })
    const state = await adapter.peeking.peek(at('worn'), 10)
    expect(state).toMatchObject({ seen: 1, held: 0, note: expect.stringContaining('put at the end of the queue') })
    expect(await counts()).toMatchObject({ worn: 1, dead: 0 })
    const channel = await stage.channel()
    const message = await channel.get('worn')
    expect(message).toMatchObject({
      properties: { messageId: 'worn', headers: { tenant: 'a', 'x-delivery-count': 0 } },
    })
    channel.nackAll(true)
    await channel.close()
    expect(await adapter.inspect(at('worn'), 'worn')).toMatchObject({ summary: { attempts: 3, maxAttempts: 3 } })
  })

  it('is held for a user who may not publish, until it is released', async () => {
    const adapter = new RabbitmqAdapter(await stage.open(reader))
    const state = await adapter.peeking.peek(at('held'), 10)
    expect(state).toMatchObject({ seen: 1, held: 1, note: expect.stringContaining('held here') })
    expect(await counts()).toMatchObject({ held: 0, dead: 0 })
    expect(await adapter.peeking.release(at('held'))).toMatchObject({ seen: 1, held: 0 })
    await expect.poll(counts).toMatchObject({ held: 0, dead: 1 })
  })
})

describe('a message that reached its delivery limit since the look', () => {
  it('is not pushed over it by passing through the queue for another one', async () => {
    const channel = await stage.channel()
    await channel.assertQueue('passed', {
      arguments: {
        'x-queue-type': 'quorum',
        'x-delivery-limit': 4,
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': 'dead',
      },
    })
    const before = (await channel.checkQueue('dead')).messageCount
    for (const body of ['worn', 'wanted']) channel.sendToQueue('passed', Buffer.from(body), { messageId: body })
    await expect
      .poll(() => stage.management.get('/queues/%2F/passed', { act: 'look' }), { timeout: 15_000 })
      .toMatchObject({ messages_ready: 2, effective_policy_definition: {} })
    const adapter = new RabbitmqAdapter(await stage.open())
    await adapter.peeking.peek(at('passed'), 10)
    for (let time = 0; time < 3; time += 1) {
      for (const messageId of ['worn', 'wanted'])
        await expect.poll(() => channel.get('passed')).toMatchObject({ properties: { messageId } })
      channel.nackAll(true)
      await channel.prefetch(0)
    }
    expect(await adapter.remove(at('passed'), 'ready', ['wanted'])).toEqual([{ id: 'wanted', outcome: 'applied' }])
    expect((await channel.checkQueue('dead')).messageCount).toBe(before)
    await expect
      .poll(() => channel.get('passed'))
      .toMatchObject({ properties: { messageId: 'worn', headers: { 'x-delivery-count': 0 } } })
    channel.nackAll(true)
    await channel.close()
  })
})
