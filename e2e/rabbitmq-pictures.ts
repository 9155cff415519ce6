import { picture } from './picture'
import { connectRabbitmqThroughForm, expect, test } from './rabbitmq-stage'

test('RabbitMQ’s exchanges', async ({ start, stage, vhost }) => {
  const { channel } = vhost
  for (const [exchange, type] of [
    ['shop', 'topic'],
    ['audit', 'headers'],
    ['dead', 'fanout'],
  ] as const)
    await channel.assertExchange(exchange, type)
  for (const queue of ['mail', 'invoices', 'shipping']) {
    await channel.assertQueue(queue, { deadLetterExchange: 'dead' })
    await channel.bindQueue(queue, 'shop', `${queue}.#`)
  }
  await channel.assertQueue('graveyard')
  await channel.bindQueue('graveyard', 'dead', '')
  await channel.bindExchange('audit', 'shop', '#')
  await channel.assertQueue('kept')
  await channel.bindQueue('kept', 'audit', '', { 'x-match': 'all', tenant: 'a' })
  for (let n = 0; n < 40; n += 1)
    channel.publish('shop', `${n % 3 ? 'mail' : 'invoices'}.new`, Buffer.from(`{"n":${n}}`))
  await channel.waitForConfirms()
  const consumer = await vhost.join()
  await consumer.prefetch(5)
  await consumer.consume('mail', () => {}, { consumerTag: 'mailer' })

  const { page } = await start()
  await connectRabbitmqThroughForm(page, { server: stage.server, vhosts: vhost.name, name: 'shop-rabbit' })
  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Exchanges' }).click()
  await page.getByRole('row').filter({ hasText: 'shop' }).click()
  const here = page.getByRole('region', { name: 'Routes' })
  await expect(here.getByText(/waiting/).first()).toBeVisible()
  await picture(page, 'exchanges')
})
