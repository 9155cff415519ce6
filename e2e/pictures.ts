import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Engine } from '../src-main/engine/engine'
import { picture } from './picture'
import { expect, test } from './shell'
import { connectThroughForm, figureOf, openQueue, stateTab } from './steps'

/** How long the sandbox plays before its charts have something to show. */
const playedFor = Number(process.env.QUEUESCOPE_PLAY_MS ?? 90_000)

test('every screen, in light and dark', async ({ start, redis }) => {
  test.setTimeout(300_000)
  const engine = await Engine.open({ redis: { port: redis.port } })
  const queue = engine.queue('webhooks', { maxAttempts: 1 })
  await queue.enqueueBatch(
    Array.from({ length: 392 }, (_, n) => ({
      event: 'invoice.paid',
      endpoint: 'https://hooks.globex.example/billing',
      n,
    })),
  )
  for (let left = 392; left > 0; ) {
    const leased = await queue.lease({ count: 100, waitMs: 1_000 })
    await Promise.all(
      leased.map((message) => message.nack(new Error('connect ECONNREFUSED 10.0.3.17:443'), { unrecoverable: true })),
    )
    left -= leased.length
  }

  // Its path is in one of the pictures.
  const home = join(tmpdir(), 'queuescope')
  rmSync(home, { recursive: true, force: true })
  const { page } = await start({ sandbox: true, home })
  const startedAt = Date.now()
  await expect(page.getByRole('row').filter({ hasText: 'webhooks' }).first()).toBeVisible({ timeout: 20_000 })
  await openQueue(page, 'webhooks')
  await stateTab(page, 'Dead').click()
  await expect
    .poll(() => Date.now() - startedAt, { timeout: playedFor + 10_000, intervals: [1_000] })
    .toBeGreaterThan(playedFor)
  await page.getByRole('button', { name: 'Refresh the list' }).click()
  await picture(page, 'queue')
  await page.getByRole('row').nth(1).click()
  await page.getByRole('tab', { name: /Payload/ }).click()
  await expect(page.getByText('"endpoint"').first()).toBeVisible()
  await picture(page, 'message')
  await page.keyboard.press('Escape')
  await openQueue(page, 'fulfilment')
  await page.getByRole('tab', { name: /^Groups/ }).click()
  await expect(page.getByRole('row').filter({ hasText: 'order-' }).first()).toBeVisible()
  await picture(page, 'groups')
  await page.getByRole('tab', { name: /^Schedules/ }).click()
  await expect(page.getByRole('row').filter({ hasText: 'daily-manifest' })).toBeVisible()
  await picture(page, 'schedules')
  await stateTab(page, 'Done').click()
  await page.getByRole('row').filter({ hasText: 'SKU-' }).first().click()
  await page.getByRole('tab', { name: /Log/ }).click()
  await expect(page.getByText('scan the shelf').first()).toBeVisible()
  await picture(page, 'message-progress')
  await page.keyboard.press('Escape')
  await page.getByRole('navigation').getByRole('link', { name: 'Overview' }).click()
  await picture(page, 'overview')
  await page.getByRole('navigation').getByRole('link', { name: 'Dead letters' }).click()
  await expect(page.getByText(/"email" is required/).first()).toBeVisible()
  await picture(page, 'dead-letters')
  await page.getByRole('navigation').getByRole('link', { name: 'Send' }).click()
  await page.getByRole('combobox', { name: 'Queue' }).selectOption('engine/qe/emails')
  await page.getByRole('button', { name: /^Send 1/ }).click()
  await expect(page.getByRole('region', { name: 'Outcome' })).toContainText(/done|leased/i)
  await picture(page, 'send')

  await openQueue(page, 'clicks')
  await page.getByRole('tab', { name: 'Consumer groups' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'billing' })).toBeVisible()
  await page.getByRole('row').filter({ hasText: 'billing' }).click()
  await picture(page, 'consumer-groups')
  await page.getByRole('navigation').getByRole('link', { name: 'Workers' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'statements' })).toBeVisible()
  await picture(page, 'workers')
  await page.goto(`${page.url().split('#')[0]}#/e/sandbox-sqs`)
  await openQueue(page, 'newsletter-dlq')
  await stateTab(page, 'Dead letters').click()
  await page.getByRole('button', { name: 'Look at messages…' }).click()
  await expect(page.getByRole('dialog').getByText(/one more receive/)).toBeVisible()
  await picture(page, 'sqs-price')
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Look at / })
    .click()
  await expect(page.getByRole('row').filter({ hasText: 'example.invalid' }).first()).toBeVisible({ timeout: 30_000 })
  await picture(page, 'sqs')
  await page.goto(`${page.url().split('#')[0]}#/e/sandbox`)

  await connectThroughForm(page, { name: 'eu-billing', port: redis.port, tier: 'production' })
  await page.getByRole('navigation').getByRole('link', { name: 'Environments' }).click()
  await page.getByText('eu-billing').last().click()
  await picture(page, 'environments')
  await openQueue(page, 'webhooks')
  await stateTab(page, 'Dead').click()
  await expect.poll(() => figureOf(page, 'Dead')).toBe(392)
  await page
    .getByRole('button', { name: /Unlock/ })
    .first()
    .click()
  await page.getByRole('dialog').getByRole('textbox').fill('eu-billing')
  await page.getByRole('dialog').getByRole('button', { name: 'Unlock for 15 minutes' }).click()
  await page.getByRole('button', { name: 'Replay 392…' }).click()
  await page.getByRole('textbox', { name: 'Why' }).fill('host moved, see incident 114')
  await picture(page, 'plan')
  await page.getByRole('textbox', { name: /Type webhooks/ }).fill('webhooks')
  // The host is back: what is replayed is done, and the canary passes.
  engine.worker(queue, () => undefined)
  await page.getByRole('dialog').getByRole('button', { name: 'Replay 392' }).click()
  await page.getByRole('navigation').getByRole('link', { name: 'Activity' }).click()
  await expect(page.getByRole('button', { name: 'Undo…' }).first()).toBeVisible({ timeout: 60_000 })
  await picture(page, 'activity')
  await engine.close()
})
