import { Redis } from 'ioredis'
import { Engine } from '../src-main/engine/engine'
import { expect, test } from './shell'
import { connectThroughForm, figureOf, openQueue, stateTab } from './steps'

test('a purge on production wants the typed name, and its undo brings back every byte', async ({ start, redis }) => {
  const raw = new Redis(redis.port, '127.0.0.1')
  const engine = await Engine.open({ redis: { port: redis.port } })
  const queue = engine.queue<Uint8Array>('webhooks', { maxAttempts: 1 })
  const bodies = [
    Buffer.from([0xff, 0xfe, 0]),
    Buffer.from('{"n":9007199254740993,"a":1,"a":2}'),
    Buffer.alloc(0),
    ...Array.from({ length: 40 }, (_, n) => Buffer.from(`{"n": ${n}}`)),
  ]
  await queue.enqueueBatch(bodies)
  for (let left = bodies.length; left > 0; ) {
    const leased = await queue.lease({ count: 100, waitMs: 1_000 })
    await Promise.all(leased.map((message) => message.nack(new Error('status code 503'), { unrecoverable: true })))
    left -= leased.length
  }
  const bytes = async () => {
    const dump: [string, string][] = []
    for (const key of (await raw.keys('qe:{webhooks}*')).sort()) {
      if ((await raw.type(key)) === 'hash' && !key.includes('count')) {
        for (const [field, value] of Object.entries(await raw.hgetallBuffer(key)).sort())
          dump.push([`${key} ${field}`, value.toString('hex')])
      }
    }
    return dump
  }
  const before = await bytes()

  const { page, complaints } = await start()
  await connectThroughForm(page, { name: 'eu-billing', port: redis.port, tier: 'production' })
  await expect(page).toHaveTitle(/PROD/i)
  await openQueue(page, 'webhooks')
  await stateTab(page, 'Dead').click()
  await expect.poll(() => figureOf(page, 'Dead')).toBe(43)

  // Locked at first: the plan can be looked at, and says why it cannot be committed.
  await page.keyboard.press('Escape')
  await page
    .getByRole('button', { name: /Unlock/ })
    .first()
    .click()
  const unlock = page.getByRole('dialog')
  await unlock.getByRole('textbox').fill('eu-billing')
  await unlock.getByRole('button', { name: 'Unlock for 15 minutes' }).click()

  await page.getByRole('button', { name: 'Purge dead…' }).click()
  const plan = page.getByRole('dialog')
  const purge = plan.getByRole('button', { name: 'Purge 43' })
  await expect(plan.getByText('eu-billing').first()).toBeVisible()
  await purge.click({ force: true })
  await expect.poll(async () => (await queue.stats()).dead).toBe(43)
  await plan.getByRole('textbox', { name: /Type webhooks/ }).fill('webhooks')
  await purge.click()
  await expect.poll(async () => (await queue.stats()).dead).toBe(0)
  await expect.poll(() => figureOf(page, 'Dead')).toBe(0)

  await page.getByRole('button', { name: 'Undo…' }).first().click()
  const undo = page.getByRole('dialog')
  await undo.getByRole('textbox', { name: /Type webhooks/ }).fill('webhooks')
  await undo
    .getByRole('button', { name: /Undo|Put back|Restore/ })
    .last()
    .click()
  await expect.poll(async () => (await queue.stats()).dead).toBe(43)
  expect(await bytes()).toEqual(before)
  expect(complaints).toEqual([])
  await engine.close()
  raw.disconnect()
})
