import Bull from 'bull'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { redisWriteWatch } from '../src-main/brokers/testing/write-watch'
import { Engine } from '../src-main/engine/engine'
import { expect, test } from './shell'
import { expectAccessible } from './steps'

/** What the console needs to look at everything: nothing that writes, and no scripts. */
const rules = ['+@read', '+scan', '+info', '+ping', '+hello', '+auth', '+select', '+client|setname']

test('a user who may only read sees every screen, and nothing is written by looking', async ({ start, redis }) => {
  test.setTimeout(180_000)
  const admin = new Redis(redis.port)
  const connection = { port: redis.port }
  const mail = new Queue('mail', { connection })
  await mail.addBulk([1, 2, 3].map((n) => ({ name: 'send', data: { n } })))
  const worker = new Worker('mail', async () => Promise.reject(new TypeError('mailbox unavailable')), { connection })
  await expect.poll(() => mail.getFailedCount()).toBe(3)
  await worker.close()
  await mail.upsertJobScheduler('nightly', { pattern: '0 3 * * *' }, { name: 'report' })
  const old = new Bull('avatars', { redis: { host: '127.0.0.1', ...connection } })
  await old.add({ file: 'a.png' })
  const engine = await Engine.open({ redis: connection })
  await engine.queue('orders').enqueue({ order: 1 })
  await admin.xgroup('CREATE', 'clicks', 'analytics', '0', 'MKSTREAM')
  await admin.xadd('clicks', '*', 'page', '/')
  await admin.xreadgroup('GROUP', 'analytics', 'a-1', 'COUNT', 1, 'STREAMS', 'clicks', '>')
  await admin.lpush('todo', '{"n":1}')
  await admin.call(
    'ACL',
    'SETUSER',
    'looker',
    'on',
    '>only-looks',
    'resetkeys',
    '~*',
    'resetchannels',
    '-@all',
    ...rules,
  )
  const writes = await redisWriteWatch(admin)

  const { page, complaints } = await start()
  await page.getByRole('link', { name: 'Environments' }).click()
  await page.getByRole('button', { name: 'New environment' }).first().click()
  await page.getByRole('textbox', { name: 'Name' }).fill('looked-at')
  await page.getByRole('textbox', { name: 'Port' }).fill(String(redis.port))
  await page.getByRole('textbox', { name: 'User' }).fill('looker')
  await page.getByRole('combobox', { name: 'Password' }).selectOption('session')
  await page.getByRole('textbox', { name: 'The password' }).fill('only-looks')
  await page.locator('input[type=radio][value=dev]').check()
  const before = await writes.count()
  await page.getByRole('button', { name: 'Save environment' }).click()
  await page.getByRole('button', { name: 'Open its queues' }).click()
  const queues = ['mail', 'avatars', 'orders', 'clicks', 'todo']
  for (const name of queues)
    await expect(page.getByRole('row').filter({ hasText: name }).first()).toBeVisible({ timeout: 20_000 })
  await expectAccessible(page)

  for (const name of queues) {
    await page.getByRole('navigation', { name: 'Queues' }).getByRole('link', { name }).first().click()
    await expect(page.getByRole('heading', { name })).toBeVisible()
    const tabs = page.getByRole('tablist', { name: 'Messages by state' }).getByRole('tab')
    for (let index = 0; index < (await tabs.count()); index += 1) {
      await tabs.nth(index).click()
      await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
      await expect(page.getByRole('alert'), `${name}, tab ${index}`).toHaveCount(0)
    }
    await expectAccessible(page)
  }
  await page.getByRole('navigation', { name: 'Queues' }).getByRole('link', { name: 'mail' }).click()
  await page.getByRole('tab', { name: /^Failed/ }).click()
  await page.getByRole('row').filter({ hasText: 'mailbox' }).first().click()
  await expect(page.getByText('mailbox unavailable').first()).toBeVisible()
  for (const screen of ['Dead letters', 'Workers', 'Send', 'Activity', 'Overview']) {
    await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: screen }).click()
    await expect(page.getByRole('heading', { name: screen })).toBeVisible()
    await expect(page.getByRole('alert')).toHaveCount(0)
    await expectAccessible(page)
  }

  expect(await writes.count()).toBe(before)
  expect(complaints).toEqual([])
  await old.close()
  await mail.close()
  await engine.close()
  admin.disconnect()
})
