import { Redis } from 'ioredis'
import { shippedDeclarations } from '../src-shared/model/shipped-declarations'
import { expect, test } from './shell'
import { connectThroughForm, expectAccessible, openQueue, stateTab } from './steps'

test('a layout of one’s own is described, previewed as it is written, and its dead letters are replayed', async ({
  start,
  redis,
}) => {
  test.setTimeout(120_000)
  const admin = new Redis(redis.port)
  await admin.lpush('work:mail:todo', '{"id":"1","payload":{"to":"ada"}}')
  await admin.lpush(
    'work:mail:failed',
    '{"id":"2","payload":{"to":"bob"},"attempts":3,"error":"550 mailbox unavailable"}',
  )
  const { page, complaints } = await start()
  await connectThroughForm(page, { name: 'own', port: redis.port, tier: 'dev' })
  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Environments' }).click()
  await page.getByRole('button', { name: 'Describe a layout…' }).click()

  const shipped = shippedDeclarations[0]!
  const roles = {
    ...shipped.roles,
    ready: { type: 'list', key: 'work:{name}:todo', takeFrom: 'right', inner: null },
    delayed: null,
    processing: null,
    dead: { type: 'list', key: 'work:{name}:failed', takeFrom: 'right', inner: null },
  }
  const write = async (declaration: unknown) => {
    await page.getByRole('dialog').getByRole('textbox').click()
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.insertText(JSON.stringify(declaration))
  }
  const preview = page.getByRole('dialog').getByRole('region', { name: 'Preview' })
  await write({
    ...shipped,
    id: 'work',
    title: 'work lists',
    roles: { ...roles, dead: { ...roles.dead, key: 'work:failed' } },
  })
  await expect(preview.getByText(/needs \{name\} in it/)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Use this layout' })).toHaveAttribute('aria-disabled', 'true')
  await write({ ...shipped, id: 'work', title: 'work lists', roles })
  await expect(preview.getByText('1 queue in 2 keys: mail')).toBeVisible()
  await expect(preview.getByText(/550 mailbox unavailable/).first()).toBeVisible()
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Use this layout' }).click()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('button', { name: 'Open its queues' }).click()

  await expect(page.getByRole('row').filter({ hasText: 'mail' }).first()).toBeVisible({ timeout: 20_000 })
  // Its keys were lists of their own before.
  await expect(page.getByRole('row').filter({ hasText: 'work:mail' })).toHaveCount(0, { timeout: 20_000 })
  await openQueue(page, 'mail')
  await stateTab(page, 'Dead').click()
  await expect(page.getByRole('row').filter({ hasText: '550 mailbox unavailable' })).toBeVisible()
  await page.getByRole('button', { name: 'Replay 1…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Replay 1' }).click()
  await expect.poll(() => admin.llen('work:mail:todo'), { timeout: 20_000 }).toBe(2)
  expect(await admin.llen('work:mail:failed')).toBe(0)
  expect(complaints).toEqual([])
  admin.disconnect()
})
