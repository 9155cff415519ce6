import { Redis } from 'ioredis'
import { SidekiqProgram, startWorker } from '../src-main/brokers/adapters/sidekiq/testing/sidekiq-program'
import { expect, test } from './shell'
import { connectThroughForm, expectAccessible, figureOf, openQueue, stateTab } from './steps'

test('what Sidekiq would retry later, or has scheduled, is run now from its own list', async ({ start, redis }) => {
  test.setTimeout(120_000)
  const admin = new Redis(redis.port)
  const sidekiq = new SidekiqProgram(redis.port)
  let worker = startWorker(redis.port, ['payments'])
  try {
    await admin.set('test:declined', '1')
    const [first, second] = await sidekiq.push(['a', 'b'].map((card) => ({ queue: 'payments', args: [{ card }] })))
    await expect.poll(() => admin.zcard('retry'), { timeout: 20_000 }).toBe(2)
    await worker.stop()
    await admin.del('test:declined', 'test:given')
    const [later] = await sidekiq.push([{ queue: 'payments', args: ['later'], at: 4_102_444_800 }])

    const { page, complaints } = await start()
    await connectThroughForm(page, { name: 'shop', port: redis.port, tier: 'dev' })
    await openQueue(page, 'retry set')
    await stateTab(page, 'Retry or scheduled').click()
    await expect.poll(() => figureOf(page, 'Retry or scheduled'), { timeout: 15_000 }).toBe(2)
    await expect(page.getByRole('button', { name: 'Retry 2 now…' })).toBeEnabled()
    await expectAccessible(page)

    // One of them, from its own pane.
    await page.getByRole('row').filter({ hasText: first! }).click()
    const inspector = page.getByRole('region', { name: `Message ${first}` })
    await expect(inspector.getByText('card was declined').first()).toBeVisible()
    await inspector.getByRole('button', { name: 'Retry now…' }).click()
    const dialog = page.getByRole('dialog')
    await expect(dialog.getByRole('heading', { name: /Retry 1 job of retry set now/ })).toBeVisible()
    await expect(dialog.getByText(/ready at once · about .* · keeps jid/)).toBeVisible()
    await dialog.getByRole('button', { name: 'Retry 1 now' }).click()
    await expect.poll(() => admin.llen('queue:payments'), { timeout: 15_000 }).toBe(1)
    await page.keyboard.press('Escape')

    // The other by selecting it, and what was scheduled by the queue's own button.
    await page.getByRole('button', { name: 'Refresh the list' }).click()
    await page.getByRole('row').filter({ hasText: second! }).getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Retry 1 now…' }).last().click()
    await dialog.getByRole('button', { name: 'Retry 1 now' }).click()
    await expect.poll(() => admin.llen('queue:payments'), { timeout: 15_000 }).toBe(2)
    await openQueue(page, 'scheduled set')
    await page.getByRole('button', { name: 'Add 1 to queue…' }).click()
    await expect(dialog.getByRole('heading', { name: /Add 1 job of scheduled set to queue/ })).toBeVisible()
    await dialog.getByRole('button', { name: 'Add 1 to queue' }).click()
    await expect.poll(() => admin.llen('queue:payments'), { timeout: 15_000 }).toBe(3)

    worker = startWorker(redis.port, ['payments'])
    await expect.poll(() => admin.llen('test:given'), { timeout: 20_000 }).toBe(3)
    await worker.stop()
    const given = (await admin.lrange('test:given', 0, -1)).map((text) => JSON.parse(text).jid)
    expect(given.sort()).toEqual([first, second, later].sort())
    expect((await sidekiq.counts()).sets).toEqual({ dead: 0, retry: 0, schedule: 0 })

    // An ordinary queue keeps saying where its failed jobs are.
    await openQueue(page, 'payments')
    await expect(page.getByRole('button', { name: 'Retry…' })).toBeDisabled()
    expect(complaints).toEqual([])
  } finally {
    await worker.stop()
    await sidekiq.stop()
    admin.disconnect()
  }
})
