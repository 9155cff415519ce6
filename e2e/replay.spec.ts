import { Queue, Worker } from 'bullmq'
import { Engine } from '../src-main/engine/engine'
import { expect, test } from './shell'
import { connectThroughForm, figureOf, openQueue, stateTab } from './steps'

test('a failed job is found, mended, replayed and completed; then all the others', async ({ start, redis }) => {
  test.setTimeout(180_000)
  const connection = { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null }
  const queues = ['mail', 'images', 'reports'].map((name) => new Queue(name, { connection }))
  const [mail, images, reports] = queues as [Queue, Queue, Queue]
  const engine = await Engine.open({ redis: { port: redis.port } })
  await engine.queue('orders').enqueueBatch([{ n: 1 }, { n: 2 }])
  await engine.queue('invoices').enqueue({ n: 1 })
  await images.add('resize', { n: 1 })
  await reports.add('render', { n: 1 })

  // Until the address is mended, a real worker fails every job.
  let isBroken = true
  const worker = new Worker<{ to?: string; n: number }>(
    'mail',
    async (job) => {
      if (isBroken || !job.data.to) throw new Error('"to" is required')
      return { delivered: job.data.to }
    },
    { connection, concurrency: 20 },
  )
  worker.on('error', () => {})
  await mail.addBulk(
    Array.from({ length: 1_000 }, (_, n) => ({
      name: 'send',
      data: n === 999 ? { n } : { n, to: `user${n}@example.org` },
    })),
  )
  await expect.poll(() => mail.getFailedCount(), { timeout: 60_000 }).toBe(1_000)
  isBroken = false

  const { page, complaints } = await start()
  await connectThroughForm(page, { name: 'laptop', port: redis.port, tier: 'dev' })
  for (const name of ['mail', 'images', 'reports', 'orders', 'invoices']) {
    await expect(page.getByRole('row').filter({ hasText: name }).first()).toBeVisible()
  }

  // Live depth: an enqueue by a real producer shows within two seconds.
  await openQueue(page, 'orders')
  await expect.poll(() => figureOf(page, 'Ready')).toBe(2)
  await engine.queue('orders').enqueueBatch(Array.from({ length: 38 }, (_, n) => ({ n })))
  await expect.poll(() => figureOf(page, 'Ready'), { intervals: [50], timeout: 2_000 }).toBe(40)
  await expect(page.getByText(/Ready\s*40/).first()).toBeVisible()

  // One failed job, with its stack.
  await openQueue(page, 'mail')
  await stateTab(page, 'Failed').click()
  await expect.poll(() => figureOf(page, 'Failed')).toBe(1_000)
  const broken = (await mail.getFailed(0, -1)).find((job) => job.data.to === undefined)
  const id = broken?.id ?? ''
  await page.goto(`${page.url().replace(/\/dead.*/, '/dead')}/${id}`)
  const message = page.getByRole('region', { name: `Message ${id}` })
  await message.getByRole('tab', { name: /Error/ }).click()
  await expect(message.getByText('"to" is required').first()).toBeVisible()
  await expect(message.getByText(/at .*replay\.spec/).first()).toBeVisible()

  // Edited and replayed: the real worker completes it.
  await message.getByRole('button', { name: 'Edit and retry…' }).click()
  const editor = message.getByRole('textbox')
  await editor.click()
  await expect(editor).toBeFocused()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type('{"n": 999, "to": "support@example.org"}')
  await expect(editor).toHaveText('{"n": 999, "to": "support@example.org"}')
  await message.getByRole('button', { name: 'Review and retry…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Edit and retry 1' }).click()
  await expect
    .poll(async () => (await mail.getJob(id))?.returnvalue?.delivered, { timeout: 20_000 })
    .toBe('support@example.org')
  await expect.poll(() => figureOf(page, 'Failed')).toBe(999)

  // All of the rest: none failed, none lost.
  await page.getByRole('button', { name: 'Retry 999…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Retry 999' }).click()
  await expect.poll(() => mail.getCompletedCount(), { timeout: 90_000 }).toBe(1_000)
  expect(await mail.getFailedCount()).toBe(0)
  expect(await mail.count()).toBe(0)
  await expect.poll(() => figureOf(page, 'Failed')).toBe(0)

  await page.getByRole('navigation').getByRole('link', { name: 'Activity' }).click()
  await expect(page.getByText('Retry 999 jobs of mail').first()).toBeVisible()
  expect(complaints).toEqual([])
  await worker.close()
  for (const queue of queues) await queue.close()
  await engine.close()
})
