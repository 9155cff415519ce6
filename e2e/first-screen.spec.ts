import { expect, test } from './shell'
import { expectAccessible, openQueue, stateTab } from './steps'

test('the sandbox is alive on the first screen', async ({ start }) => {
  const { page, complaints } = await start({ sandbox: true })
  const rows = page
    .getByRole('row')
    .filter({ hasText: /webhooks|orders|emails|exports|thumbnails|reports|payments-capture/ })
  await expect.poll(() => rows.count(), { timeout: 20_000 }).toBeGreaterThanOrEqual(5)
  // Every trend is drawn anew with each sample: at least five of them differ a moment later.
  const trends = () =>
    page
      .locator('main svg path, main svg polyline')
      .evaluateAll((paths) => paths.map((path) => path.getAttribute('d') ?? path.getAttribute('points') ?? ''))
  await expect
    .poll(async () => (await trends()).filter((path) => path.length > 0).length, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(5)
  const before = await trends()
  await expect
    .poll(async () => (await trends()).filter((path, index) => path !== before[index]).length, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(5)
  await expect(page.getByText('SANDBOX').first()).toBeVisible()
  expect(complaints).toEqual([])
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every screen is accessible in ${colorScheme}`, async ({ start }) => {
    const { page, complaints } = await start({ sandbox: true, colorScheme })
    await expect(page.getByRole('row').filter({ hasText: 'webhooks' }).first()).toBeVisible({ timeout: 20_000 })
    await expectAccessible(page)
    await openQueue(page, 'webhooks')
    await stateTab(page, 'Dead').click()
    await page.getByRole('row').nth(1).click()
    await expect(page.getByRole('tab', { name: /Payload/ })).toBeVisible()
    await expectAccessible(page)
    await page.keyboard.press('Escape')
    await page
      .getByRole('button', { name: /^Replay \d+…$/ })
      .first()
      .click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Cancel' }).click()
    for (const [link, heading] of [
      ['Dead letters', 'Dead letters'],
      ['Send', 'Send'],
      ['Activity', 'Activity'],
      ['Environments', 'Environments'],
    ] as const) {
      await page.getByRole('navigation').getByRole('link', { name: link }).first().click()
      await expect(page.getByRole('heading', { name: heading, exact: true }).first()).toBeVisible()
      await expectAccessible(page)
    }
    await page.getByRole('button', { name: 'New environment' }).first().click()
    await expectAccessible(page)
    expect(complaints).toEqual([])
  })
}
