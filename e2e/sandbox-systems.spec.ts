import { expect, test } from './shell'
import { expectAccessible, openQueue, stateTab } from './steps'

for (const colorScheme of ['light', 'dark'] as const) {
  test(`SQS is looked at for a price that is told first, in ${colorScheme}`, async ({ start }) => {
    test.setTimeout(120_000)
    const { page, complaints } = await start({ sandbox: true, colorScheme })
    await page.goto(`${page.url().split('#')[0]}#/e/sandbox-sqs`)
    await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible()
    await expect(page.getByRole('row').filter({ hasText: 'newsletter-dlq' })).toBeVisible({ timeout: 20_000 })
    await expectAccessible(page)

    await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Dead letters' }).click()
    // A message dies after two receives of three seconds each, and SQS is asked every ten.
    await expect(page.getByRole('list', { name: 'Queues with dead letters' })).toContainText('newsletter-dlq', {
      timeout: 40_000,
    })
    await expectAccessible(page)
    await openQueue(page, 'newsletter-dlq')
    await expect(page.getByText(/dead letters of/)).toBeVisible()
    await stateTab(page, 'Dead letters').click()
    await expect(page.getByText(/to look at messages is to receive them/)).toBeVisible()
    await expect
      .poll(
        async () => {
          await page.getByRole('button', { name: /Look at messages…|Look again…/ }).click()
          const dialog = page.getByRole('dialog')
          await expect(
            dialog.getByText('Each message that is looked at has one more receive on its count.'),
          ).toBeVisible()
          await dialog.getByRole('button', { name: /^Look at / }).click()
          await expect(dialog).toHaveCount(0)
          await expect(page.getByText('Looking…')).toHaveCount(0)
          await expect(page.getByText(/as seen/)).toBeVisible()
          return await page.getByRole('row').filter({ hasText: 'example.invalid' }).count()
        },
        { timeout: 60_000, intervals: [2_000] },
      )
      .toBeGreaterThan(0)
    await expectAccessible(page)
    await page.getByRole('row').filter({ hasText: 'example.invalid' }).first().click()
    await expect(page.getByRole('button', { name: 'Redrive…' }).first()).toBeVisible()
    await page.getByRole('button', { name: /^Give back/ }).click()
    await expect(page.getByRole('button', { name: /^Give back/ })).toHaveCount(0)

    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name: 'Move all to where they came from…' }).click()
    await page.getByRole('dialog').getByRole('textbox', { name: 'Messages per second' }).fill('900')
    await page.getByRole('dialog').getByRole('button', { name: 'Move all to where they came from' }).click()
    await expect(page.getByText('A rate is a whole number from 1 to 500.')).toBeVisible()
    await page.getByRole('dialog').getByRole('textbox', { name: 'Messages per second' }).fill('5')
    await page.getByRole('dialog').getByRole('button', { name: 'Move all to where they came from' }).click()
    await expect(page.getByText(/SQS moves them now/)).toBeVisible()
    await page.getByRole('tab', { name: 'Details' }).click()
    await expect(page.getByText('Redrive tasks')).toBeVisible()
    await expectAccessible(page)

    // A FIFO queue wants a group, and says so before anything is sent.
    await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Send' }).click()
    const queue = page.getByRole('combobox', { name: 'Queue' })
    const fifo = await queue.locator('option', { hasText: '.fifo' }).first().getAttribute('value')
    await queue.selectOption(fifo)
    const send = page.getByRole('button', { name: /^Send 1 to / })
    await expect(send).toHaveAttribute('aria-disabled', 'true')
    await page.getByRole('textbox', { name: 'Message group' }).fill('customer-7')
    await page.getByRole('textbox', { name: 'Deduplication id' }).fill('once')
    await expectAccessible(page)
    await send.click()
    await expect(page.getByRole('region', { name: 'Outcome' })).toContainText('1')
    expect(complaints).toEqual([])
  })
}
