import { Redis } from 'ioredis'
import { bullmqQueues } from '../src-main/brokers/testing/many-queues'
import { Engine } from '../src-main/engine/engine'
import { expect, test } from './shell'
import { connectThroughForm, expectAccessible, figureOf, openQueue } from './steps'

const script = '<script>window.stolen = 1</script><img src=x onerror="window.stolen = 1">'

test('hostile text stays text in every screen', async ({ start, redis }) => {
  const engine = await Engine.open({ redis: { port: redis.port } })
  const name = `x ${script}`
  const queue = engine.queue<Uint8Array>(name, { maxAttempts: 1 })
  await queue.enqueueBatch([
    Buffer.from(JSON.stringify({ [script]: script, __proto__: 1 })),
    Buffer.from(`\u202e\u0000${script}`),
  ])
  const leased = await queue.lease({ count: 1, waitMs: 1_000 })
  await leased[0]?.nack(Object.assign(new Error(script), { name: script }), { unrecoverable: true })
  const { page, complaints } = await start()
  await connectThroughForm(page, { name: `env ${script}`, port: redis.port, tier: 'dev' })
  await openQueue(page, name)
  for (const state of ['Ready', 'Dead']) {
    await page.getByRole('tab', { name: new RegExp(`^${state}`) }).click()
    await page.getByRole('row').nth(1).click()
    for (const tab of ['Payload', 'Timeline', 'Attributes'])
      await page.getByRole('tab', { name: new RegExp(tab) }).click()
    await page.keyboard.press('Escape')
  }
  await page.getByRole('navigation').getByRole('link', { name: 'Dead letters' }).click()
  await expect(page.getByText(script.slice(0, 8)).first()).toBeVisible()
  await page.getByRole('navigation').getByRole('link', { name: 'Activity' }).click()
  expect(await page.evaluate(() => (window as unknown as { stolen?: number }).stolen)).toBeUndefined()
  expect(await page.locator('body script, body img').count()).toBe(await page.locator('body > script').count())
  expect(complaints).toEqual([])
  await engine.close()
})

test('a lost broker leaves its figures with their age, and comes back by itself', async ({ start, redis }) => {
  const engine = await Engine.open({ redis: { port: redis.port } })
  await engine.queue('orders').enqueueBatch([1, 2, 3])
  const { page } = await start()
  await connectThroughForm(page, { name: 'laptop', port: redis.port, tier: 'dev' })
  await openQueue(page, 'orders')
  await expect.poll(() => figureOf(page, 'Ready')).toBe(3)
  await redis.kill()
  await expect(page.getByText(/Lost laptop/)).toBeVisible({ timeout: 15_000 })
  expect(await figureOf(page, 'Ready')).toBe(3)
  await redis.start()
  await expect(page.getByText(/Lost laptop/)).toBeHidden({ timeout: 20_000 })
  await engine.close()
})

test('queues whose dead letters cannot be read keep back none of the others', async ({ start, redis }) => {
  const raw = new Redis(redis.port)
  for (const name of ['one', 'two', 'three', 'four', 'five']) {
    await raw.hset(`bull:${name}:meta`, 'version', 'bullmq:6.7.0')
    await raw.set(`bull:${name}:id`, '1')
    await raw.sadd(`bull:${name}:failed`, 'x')
  }
  const engine = await Engine.open({ redis: { port: redis.port } })
  const queue = engine.queue('orders', { maxAttempts: 1 })
  await queue.enqueue({ n: 1 })
  for (const message of await queue.lease()) await message.nack(new Error('card was declined'))
  const { page, complaints } = await start()
  await connectThroughForm(page, { name: 'laptop', port: redis.port, tier: 'dev' })
  await page.getByRole('navigation').getByRole('link', { name: 'Dead letters' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'card was declined' }).first()).toBeVisible()
  await expect(page.getByText(/was left out: bull:\w+:failed holds a set/)).toHaveCount(3)
  await expect(page.getByText(/2 more queues could not be read: /)).toBeVisible()
  await expectAccessible(page)
  expect(complaints).toEqual([])
  await engine.close()
  raw.disconnect()
})

test('3 MB opens at once; 100 MB is measured and never pulled', async ({ start, redis }) => {
  const engine = await Engine.open({ redis: { port: redis.port } })
  const queue = engine.queue<Uint8Array>('large', { maxBytes: 128 * 1024 * 1024 })
  await queue.enqueue(
    Buffer.from(
      JSON.stringify({
        rows: Array.from({ length: 60_000 }, (_, n) => ({ n, text: 'some words in a row of a large payload' })),
      }),
    ),
  )
  await queue.enqueue(Buffer.alloc(100 * 1024 * 1024, 'x'))
  const raw = new Redis(redis.port, '127.0.0.1')
  const { page, complaints } = await start()
  await connectThroughForm(page, { name: 'laptop', port: redis.port, tier: 'dev' })
  await openQueue(page, 'large')
  await expect.poll(() => figureOf(page, 'Ready')).toBe(2)
  await page.getByRole('row').nth(1).click()
  await expect(page.getByText('"rows"').first()).toBeVisible({ timeout: 5_000 })
  const sent = async () => Number((await raw.info('stats')).match(/total_net_output_bytes:(\d+)/)?.[1])
  const before = await sent()
  await page.getByRole('row').nth(2).click()
  await expect(page.getByText(/larger than|too large|100\s?MB|104/i).first()).toBeVisible()
  expect((await sent()) - before).toBeLessThan(2 * 1024 * 1024)
  expect(complaints).toEqual([])
  raw.disconnect()
  await engine.close()
})

test('100,000 queues: the first 10,000 are there to be sorted and found, and the bound is named', async ({
  start,
  redis,
}) => {
  test.setTimeout(120_000)
  const raw = new Redis(redis.port, '127.0.0.1')
  await bullmqQueues(raw, 100_000)
  const { page, complaints } = await start()
  await connectThroughForm(page, { name: 'crowd', port: redis.port, tier: 'dev' })
  await expect(page.getByText(/10.000 queues/).first()).toBeVisible({ timeout: 30_000 })
  const notices = page.getByRole('contentinfo').getByRole('button', { name: /notices$|100,000 queues/ })
  await expect(notices).toBeVisible({ timeout: 60_000 })
  await notices.hover()
  await expect(page.getByText(/the first 10,000 of them are watched/).first()).toBeVisible()
  await page.evaluate(() => {
    const longest = { ms: 0 }
    Object.assign(window, { longest })
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longest.ms = Math.max(longest.ms, duration)
    }).observe({ type: 'longtask' })
  })
  const [name] = await page
    .getByRole('row')
    .filter({ hasText: /q-\d+/ })
    .first()
    .innerText()
    .then((text) => /q-\d+/.exec(text)!)
  await page.getByRole('columnheader', { name: 'Ready' }).click()
  await page.getByRole('searchbox', { name: 'Filter queues', exact: true }).fill(name)
  await page.getByRole('row').filter({ hasText: name }).first().click()
  await openQueue(page, name)
  await expect.poll(() => figureOf(page, 'Waiting')).toBe(1)
  const { ms } = await page.evaluate(() => (window as unknown as { longest: { ms: number } }).longest)
  // Measured: 57 ms.
  expect(ms).toBeLessThan(500)
  expect(complaints).toEqual([])
  raw.disconnect()
})

test('a queue that is deleted while it is open says so, and what is left to do', async ({ start, redis }) => {
  test.setTimeout(120_000)
  const raw = new Redis(redis.port, '127.0.0.1')
  await bullmqQueues(raw, 2)
  const { page, complaints } = await start()
  await connectThroughForm(page, { name: 'laptop', port: redis.port, tier: 'dev' })
  await openQueue(page, 'q-0')
  await expect.poll(() => figureOf(page, 'Waiting')).toBe(1)
  await expect(page.getByRole('row').nth(1)).toContainText('{}')
  await raw.del('bull:q-0:meta', 'bull:q-0:wait', 'bull:q-0:1')
  await page.getByRole('row').nth(1).click()
  await expect(page.getByText('the job 1 is not there any more')).toBeVisible()
  await expect(page.getByText(/take the list anew/)).toBeVisible()
  await page.keyboard.press('Escape')
  // An idle console looks for queues every half minute.
  const bar = page.getByRole('status').filter({ hasText: 'q-0 is not among the queues that were found' })
  await expect(bar).toBeVisible({ timeout: 60_000 })
  await expect(page.getByRole('heading', { name: 'q-0' })).toBeVisible()
  await expectAccessible(page)
  await bullmqQueues(raw, 1)
  await bar.getByRole('button', { name: 'Look for queues again' }).click()
  await expect(bar).toBeHidden({ timeout: 20_000 })
  await expect.poll(() => figureOf(page, 'Waiting')).toBe(1)
  expect(complaints).toEqual([])
  raw.disconnect()
})
