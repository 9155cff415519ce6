import amqp from 'amqplib'
import { startRabbitmq, type TestRabbitmq } from '../src-main/brokers/testing/rabbitmq-server'
import { expect, test } from './shell'
import { expectAccessible, openQueue, stateTab } from './steps'

let rabbitmq: TestRabbitmq

test.beforeAll(async () => {
  rabbitmq = await startRabbitmq()
})
test.afterAll(async () => {
  await rabbitmq.stop()
})

test('RabbitMQ is connected, looked at, and its dead letters are sent back to where they came from', async ({
  start,
}) => {
  test.setTimeout(180_000)
  const link = await amqp.connect({ hostname: '127.0.0.1', port: rabbitmq.amqpPort })
  const channel = await link.createChannel()
  await channel.assertExchange('shop', 'topic')
  await channel.assertExchange('dead', 'fanout')
  await channel.assertQueue('mail', { arguments: { 'x-dead-letter-exchange': 'dead' } })
  await channel.assertQueue('mail.dead')
  await channel.assertQueue('orders', { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 3 } })
  await channel.bindQueue('mail', 'shop', 'mail.#')
  await channel.bindQueue('orders', 'shop', 'order.*')
  await channel.bindQueue('mail.dead', 'dead', '')
  for (let n = 0; n < 3; n += 1) channel.publish('shop', 'mail.welcome', Buffer.from(`{"n":${n}}`), { headers: { n } })
  channel.publish('shop', 'order.paid', Buffer.from('{"order":1}'))
  for (let n = 0; n < 3; n += 1) {
    await expect
      .poll(async () => {
        const message = await channel.get('mail')
        if (message) channel.nack(message, false, false)
        return message !== false
      })
      .toBe(true)
  }

  const { page, complaints } = await start()
  await page.getByRole('link', { name: 'Environments' }).click()
  await page.getByRole('button', { name: 'New environment' }).first().click()
  await page
    .getByRole('radio', { name: 'RabbitMQ' })
    .or(page.getByRole('button', { name: 'RabbitMQ' }))
    .first()
    .click()
  await page.getByRole('textbox', { name: 'Name' }).fill('rabbit')
  await page.getByRole('textbox', { name: 'AMQP port' }).fill(String(rabbitmq.amqpPort))
  await page.getByRole('textbox', { name: 'Management' }).fill(rabbitmq.managementUrl)
  await page.locator('input[type=radio][value=dev]').check()
  await page.getByRole('button', { name: 'Test', exact: true }).click()
  await expect(page.getByText(/Connected to RabbitMQ 3\.10/)).toBeVisible()
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Save environment' }).click()
  await page.getByRole('button', { name: 'Open its queues' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'mail.dead' })).toBeVisible({ timeout: 20_000 })

  // Looking costs, and says so; then what was seen is read for free.
  await openQueue(page, 'mail.dead')
  await stateTab(page, 'Dead').click()
  await page.getByRole('button', { name: 'Look at messages…' }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Look at / })
    .click()
  await expect(
    page
      .getByRole('row')
      .filter({ hasText: '"n":1' })
      .or(page.getByRole('row').filter({ hasText: 'rejected' }))
      .first(),
  ).toBeVisible({ timeout: 20_000 })
  await expectAccessible(page)
  await page.getByRole('row').nth(1).click()
  await expect(page.getByText(/rejected/).first()).toBeVisible()
  await page.keyboard.press('Escape')

  // All are sent back by the road that they had come, and a real consumer is given them.
  await page.getByRole('button', { name: /^Send back 3…/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Send back 3' }).click()
  const given: string[] = []
  await channel.consume('mail', (message) => {
    if (!message) return
    given.push(message.content.toString())
    channel.ack(message)
  })
  await expect.poll(() => [...given].sort(), { timeout: 20_000 }).toEqual(['{"n":0}', '{"n":1}', '{"n":2}'])

  for (const tab of ['Workers', 'Details']) {
    await page.getByRole('tab', { name: tab }).click()
    await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
    await expectAccessible(page)
  }
  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Exchanges' }).click()
  await page.getByRole('row').filter({ hasText: 'shop' }).click()
  await expect(page.getByText('mail.#')).toBeVisible()
  await expectAccessible(page)
  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Workers' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'mail' }).first()).toBeVisible({ timeout: 20_000 })

  // On a quorum queue the look counts against its delivery limit, and says so.
  await openQueue(page, 'orders')
  await page.getByRole('button', { name: 'Look at messages…' }).click()
  await expect(
    page
      .getByRole('dialog')
      .getByText(/delivery limit|delivery count/i)
      .first(),
  ).toBeVisible()
  expect(complaints).toEqual([])
  await link.close()
})
