import { startRabbitmq } from '../src-main/brokers/testing/rabbitmq-server'
import { connectRabbitmqThroughForm, expect, fillRabbitmqForm, fillUser, test } from './rabbitmq-stage'
import { expectAccessible, openQueue } from './steps'

test('users without the tags that it takes are told which they are', async ({ start, stage, vhost }) => {
  const { channel } = vhost
  await channel.assertQueue('mail')
  await channel.consume('mail', () => {})
  const untagged = await stage.user('untagged', { tags: '', read: '.*' })
  const modest = await stage.user('modest', { tags: 'management' })
  await stage.server.ctl('set_permissions', '-p', vhost.name, 'modest', '', '', '.*')

  const { page, complaints } = await start()
  await fillRabbitmqForm(page, { server: stage.server, vhosts: vhost.name, user: untagged })
  await expect(page.getByText('This user may not use the management plugin: it has no tag management.')).toBeVisible()
  await expect(page.getByText('Give it one: rabbitmqctl set_user_tags USER management')).toBeVisible()
  await expectAccessible(page)

  // With that tag the queues are there; what the tag monitoring would show besides is said.
  await fillUser(page, modest)
  await page.getByRole('button', { name: 'Test', exact: true }).click()
  await expect(page.getByText(/Connected to RabbitMQ 3\.10/)).toBeVisible()
  await expect(page.getByText(/The user modest has the tags management.*The tag monitoring shows them/)).toBeVisible()
  await page.getByRole('button', { name: 'Save environment' }).click()
  await page.getByRole('button', { name: 'Open its queues' }).click()
  await openQueue(page, 'mail')
  await page.getByRole('tab', { name: 'Workers' }).click()
  await expect(
    page.getByText(/sees consumers of its own connections alone: the tag monitoring shows all/).first(),
  ).toBeVisible()
  await expect(page.getByText('No worker is listening')).toHaveCount(0)
  expect(complaints).toEqual([])
})

test('memory and disk alarms stand above every screen while they last, and nothing is sent', async ({
  start,
  stage,
  vhost,
}) => {
  await vhost.channel.assertQueue('mail')
  const { page, complaints } = await start()
  await connectRabbitmqThroughForm(page, { server: stage.server, vhosts: vhost.name })
  const alarm = page.getByRole('status').filter({ hasText: 'RabbitMQ takes no messages in' })
  await expect(page.getByRole('row').filter({ hasText: 'mail' })).toBeVisible()
  await expect(alarm).toHaveCount(0)
  try {
    await stage.server.ctl('set_vm_memory_high_watermark', '0')
    await stage.server.ctl('set_disk_free_limit', '900GB')
    await expect(alarm).toContainText('has a memory alarm', { timeout: 25_000 })
    await expect(alarm).toContainText('has a disk alarm', { timeout: 25_000 })
    await expectAccessible(page)
    await openQueue(page, 'mail')
    await expect(alarm).toBeVisible()
    await page.getByRole('button', { name: 'Send…' }).click()
    await page.getByRole('button', { name: 'Send 1' }).click()
    await expect(page.getByText(/has a (memory|disk) alarm/).nth(1)).toBeVisible()
    expect(await vhost.ready('mail')).toBe(0)
  } finally {
    await stage.server.ctl('set_vm_memory_high_watermark', '0.4')
    await stage.server.ctl('set_disk_free_limit', '50MB')
  }
  await expect(alarm).toHaveCount(0, { timeout: 30_000 })
  expect(complaints).toEqual([])
})

test('a broker without the management plugin is explained, and the others are not kept back', async ({
  start,
  stage,
  vhost,
}) => {
  await vhost.channel.assertQueue('mail')
  const bare = await startRabbitmq({ plugins: [] })
  try {
    const { page, complaints } = await start()
    await connectRabbitmqThroughForm(page, { server: stage.server, vhosts: vhost.name })
    await expect(page.getByRole('row').filter({ hasText: 'mail' })).toBeVisible()

    await fillRabbitmqForm(page, { server: bare, vhosts: '', name: 'bare' })
    await expect(
      page.getByText(/The management plugin cannot be reached: Nothing listens on 127\.0\.0\.1:/),
    ).toBeVisible()
    await expect(page.getByText(/Run rabbitmq-plugins enable rabbitmq_management on the broker/)).toBeVisible()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Save environment' }).click()
    await page.getByRole('button', { name: 'Open its queues' }).click()
    const bar = page.getByRole('status').filter({ hasText: 'bare is not connected' })
    await expect(bar).toContainText('The management plugin cannot be reached')
    await expect(bar).toContainText(/Trying again/)
    await expectAccessible(page)

    // Pointed at a broker that has the plugin it comes up by itself.
    await page.getByRole('link', { name: 'Environments' }).click()
    await page.getByRole('textbox', { name: 'AMQP port' }).fill(String(stage.server.amqpPort))
    await page.getByRole('textbox', { name: 'Management' }).fill(stage.server.managementUrl)
    await page.getByRole('button', { name: /^Save/ }).click()
    await page.getByRole('button', { name: 'Open its queues' }).click()
    await expect(page.getByRole('row').filter({ hasText: 'mail' })).toBeVisible()
    await expect(bar).toHaveCount(0)
    expect(complaints).toEqual([])
  } finally {
    await bare.stop()
  }
})
