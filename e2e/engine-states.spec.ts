import type { Page } from '@playwright/test'
import { Engine } from '../src-main/engine/engine'
import { expect, test } from './shell'
import { connectThroughForm, expectAccessible, openQueue, stateTab } from './steps'

/** Orders in groups with one message in hand and one that waits for its retry, a family, schedules, and a result that is kept. */
async function warehouse(port: number) {
  const engine = await Engine.open({ redis: { port } })
  const queue = engine.queue('fulfilment', { keepDone: { count: 10 }, retryDelaysMs: [600_000], maxAttempts: 5 })
  const tasks = (order: string, count: number) =>
    Array.from({ length: count }, (_, n) => ({ data: { order, task: n }, group: order }))
  await queue.enqueueEnvelopes([...tasks('order-1', 1), ...tasks('order-2', 3), ...tasks('order-3', 4)])
  const leased = await queue.lease({ count: 3 })
  const of = (group: string) => leased.find((message) => message.group === group)!
  await of('order-1').ack({ parcel: 'AT-4711' })
  await of('order-2').nack(new Error('label printer 3 is out of paper'))
  await of('order-3').log('send a picker to aisle 7')
  await of('order-3').log('scan the shelf')
  await of('order-3').progress({ done: 2, total: 8 })
  const family = await queue.enqueueFamily({
    data: { order: 'order-4', task: 'dispatch' },
    children: [
      { queue, data: { sku: 'SKU-114' }, options: { id: 'pick-114' } },
      { queue, data: { sku: 'SKU-207' } },
    ],
  })
  await queue.schedules.put('stock-check', { everyMs: 3_600_000, data: { task: 'count' }, catchUp: 'none' })
  await queue.schedules.put('daily-manifest', {
    cron: '30 17 * * 1-5',
    timeZone: 'Europe/Vienna',
    data: { task: 'manifest' },
    options: { priority: 2 },
  })
  await engine.queue('plain').enqueue({ n: 1 })
  return {
    engine,
    family,
    held: { 'order-2': of('order-2').id, 'order-3': of('order-3').id },
    doneId: of('order-1').id,
  }
}

const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text })

for (const colorScheme of ['light', 'dark'] as const) {
  test(`groups, schedules and what messages tell are seen in ${colorScheme}`, async ({ start, redis }) => {
    const { engine, family, held, doneId } = await warehouse(redis.port)
    const { page, complaints } = await start({ colorScheme })
    await connectThroughForm(page, { name: 'laptop', port: redis.port, tier: 'dev' })

    // A queue without them has no empty tabs.
    await openQueue(page, 'plain')
    await expect(stateTab(page, 'Ready')).toContainText('1')
    await expect(page.getByRole('tab', { name: /^(Groups|Schedules)/ })).toHaveCount(0)

    await openQueue(page, 'fulfilment')
    await page.getByRole('tab', { name: /^Groups\s+2$/ }).click()
    await expect(row(page, 'order-2')).toContainText(/2.*Delayed.*retry in (9m|10m)/)
    await expect(row(page, 'order-3')).toContainText(/3.*Leased/)
    await expect(page.getByText('2 groups · one message of each at a time')).toBeVisible()
    await expectAccessible(page)

    // By keyboard: the message that holds the second group back, with what its worker tells.
    await page.getByRole('grid', { name: 'Groups' }).focus()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    const message = page.getByRole('region', { name: `Message ${held['order-3']}` })
    await expect(message.getByText('2 of 8')).toBeVisible()
    await expect(message.getByRole('progressbar', { name: 'Progress' })).toHaveAttribute('aria-valuenow', '25')
    await message.getByRole('tab', { name: /Log/ }).click()
    await expect(message.getByText('scan the shelf')).toBeVisible()
    await expectAccessible(page)

    // What failed before says which way it went, by whom and under which lease.
    await row(page, 'order-2').click()
    const failed = page.getByRole('region', { name: `Message ${held['order-2']}` })
    await failed.getByRole('tab', { name: /Timeline/ }).click()
    const steps = failed.getByRole('listitem')
    await expect(steps).toHaveCount(2)
    await expect(steps.nth(0)).toContainText('enqueued')
    await expect(steps.nth(1)).toContainText(/Leased.*Delayed.*by .+lease \d+.*out of paper/s)
    await expectAccessible(page)
    await page.keyboard.press('Escape')

    await page.getByRole('tab', { name: /^Schedules\s+2$/ }).click()
    await expect(row(page, 'daily-manifest')).toContainText(
      /Monday to Friday at 17:30.*Europe\/Vienna.*in .*one for all/,
    )
    await expect(row(page, 'daily-manifest')).toContainText('priority 2')
    await expect(row(page, 'stock-check')).toContainText(/Every hour.*skipped.*"count"/)
    await expectAccessible(page)

    // The child leads to its parent, which waits for it.
    await stateTab(page, 'Ready').click()
    await row(page, 'SKU-114').click()
    const child = page.getByRole('region', { name: /^Message .*:pick-114$/ })
    await expect(child.getByText('pick-114', { exact: true })).toBeVisible()
    await child.getByRole('link', { name: family.id }).click()
    const parent = page.getByRole('region', { name: `Message ${family.id}` })
    await expect(parent.getByText('waits for 2 of 2')).toBeVisible()
    await expect(stateTab(page, 'Delayed')).toHaveAttribute('aria-selected', 'true')
    await page.keyboard.press('Escape')

    // What is done is kept, with its result.
    await stateTab(page, 'Done').click()
    await row(page, 'order-1').click()
    const done = page.getByRole('region', { name: `Message ${doneId}` })
    await expect(done.getByText('{"parcel":"AT-4711"}').first()).toBeVisible()
    await done.getByRole('tab', { name: /Attributes/ }).click()
    await expect(done.getByRole('heading', { name: 'Kept with it by the queue' })).toBeVisible()
    await expectAccessible(page)
    expect(complaints).toEqual([])
    await engine.close()
  })
}
