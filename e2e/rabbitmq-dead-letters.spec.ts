import { connectRabbitmqThroughForm, expect, lookAtMessages, test } from './rabbitmq-stage'
import { expectAccessible, openQueue, stateTab } from './steps'

test('dead letters tell where they came from, and are sent back there as they were', async ({
  start,
  stage,
  vhost,
}) => {
  const { channel } = vhost
  await channel.assertExchange('shop', 'topic')
  await channel.assertExchange('dead', 'fanout')
  await channel.assertQueue('mail', { deadLetterExchange: 'dead' })
  await channel.assertQueue('short', { deadLetterExchange: 'dead', messageTtl: 1 })
  await channel.assertQueue('graveyard')
  await channel.bindQueue('mail', 'shop', 'mail.#')
  await channel.bindQueue('graveyard', 'dead', '')
  // A body that is no text.
  const body = Buffer.from([0x7b, 0x00, 0xff, 0xfe, 0x7d])
  const headers = { tenant: 'a', nested: { list: [1, 'two', true], none: null } }
  channel.publish('shop', 'mail.welcome', body, { headers, contentType: 'application/x-odd', correlationId: 'c-1' })
  channel.publish('shop', 'mail.goodbye', Buffer.from('{"n":2}'), { headers: { tenant: 'b' } })
  channel.sendToQueue('short', Buffer.from('{"late":true}'))
  await channel.waitForConfirms()
  for (let n = 0; n < 2; n += 1) {
    const message = await channel.get('mail')
    if (message) channel.nack(message, false, false)
  }
  await expect.poll(() => vhost.ready('graveyard')).toBe(3)

  const { page, complaints } = await start()
  await connectRabbitmqThroughForm(page, { server: stage.server, vhosts: vhost.name })
  await openQueue(page, 'graveyard')
  await expect(page.getByText('dead letters of')).toBeVisible()
  await stateTab(page, 'Dead').click()
  await lookAtMessages(page)
  const rows = page.getByRole('row')
  await expect(rows.filter({ hasText: 'rejected in mail' })).toHaveCount(2)
  await expect(rows.filter({ hasText: 'expired in short' })).toHaveCount(1)
  await expectAccessible(page)

  // Each tells the queue in which it died, and by which exchange and key it had come there.
  await rows.filter({ hasText: 'rejected in mail' }).first().click()
  await expect(page.getByText('Died in', { exact: true }).first()).toBeVisible()
  await expect(page.getByText(/^shop, routing key mail\.(welcome|goodbye)$/).first()).toBeVisible()
  await expect(page.getByText(/rejected by a consumer of mail/)).toBeVisible()
  await expectAccessible(page)
  await page.keyboard.press('Escape')

  await page.getByRole('button', { name: /^Send 3 back…/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Send 3 back' }).click()
  await expect.poll(() => vhost.ready('mail'), { timeout: 20_000 }).toBe(2)
  const back = [await channel.get('mail'), await channel.get('mail')].filter((message) => message !== false)
  const welcome = back.find(({ fields }) => fields.routingKey === 'mail.welcome')
  expect(back.map(({ fields }) => [fields.exchange, fields.routingKey]).sort()).toEqual([
    ['shop', 'mail.goodbye'],
    ['shop', 'mail.welcome'],
  ])
  expect(welcome?.content.equals(body)).toBe(true)
  expect(welcome?.properties).toMatchObject({ contentType: 'application/x-odd', correlationId: 'c-1' })
  expect(welcome?.properties.headers).toMatchObject(headers)
  expect(welcome?.properties.headers?.['x-death']).toMatchObject([
    { queue: 'mail', reason: 'rejected', exchange: 'shop' },
  ])
  expect(complaints).toEqual([])
})
