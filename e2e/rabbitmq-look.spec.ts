import type { ConfirmChannel } from 'amqplib'
import { connectRabbitmqThroughForm, expect, lookAtMessages, lookDialog, makeVhost, test } from './rabbitmq-stage'
import { expectAccessible, openQueue, stateTab } from './steps'

const quorum = (limit: number) => ({
  durable: true,
  arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': limit, 'x-dead-letter-exchange': 'dead' },
})

/** Takes the only message and gives it back: one more delivery on its count. */
async function deliverOnce(channel: ConfirmChannel, queue: string): Promise<void> {
  await expect
    .poll(async () => {
      const message = await channel.get(queue)
      if (message) channel.nack(message, false, true)
      return message !== false
    })
    .toBe(true)
}

test('queues of two virtual hosts are told apart, and a look says its price first', async ({ start, stage, vhost }) => {
  const other = await makeVhost(stage, 'billing')
  const { channel } = vhost
  await channel.assertQueue('mail')
  await other.vhost.channel.assertQueue('mail')
  for (let n = 0; n < 3; n += 1) channel.sendToQueue('mail', Buffer.from(`{"n":${n}}`))
  other.vhost.channel.sendToQueue('mail', Buffer.from('{"invoice":1}'))
  await channel.waitForConfirms()

  const { page, complaints } = await start()
  await connectRabbitmqThroughForm(page, { server: stage.server, vhosts: `${vhost.name}, billing` })
  const rows = page.getByRole('row').filter({ hasText: 'mail' })
  await expect(rows.filter({ hasText: 'billing' })).toContainText('about 1')
  await expect(rows.filter({ hasText: vhost.name })).toContainText('about 3')
  await expectAccessible(page)

  await page
    .getByRole('navigation')
    .getByRole('link', { name: `mail ${vhost.name}` })
    .click()
  await expect(page.getByText(`Classic queue · vhost ${vhost.name}`)).toBeVisible()
  await page.getByRole('button', { name: 'Look at messages…' }).click()
  const dialog = lookDialog(page)
  await expect(dialog.getByText(/put back where they stood.*marks each as redelivered, for good/)).toBeVisible()
  await expectAccessible(page)
  await dialog.getByRole('button', { name: 'Look at 10' }).click()
  await expect(page.getByRole('row').filter({ hasText: '{"n":0}' })).toBeVisible()
  await expect(page.getByText('3 messages as seen')).toBeVisible()
  await expect(page.getByRole('row').filter({ hasText: 'invoice' })).toHaveCount(0)
  expect(await vhost.ready('mail')).toBe(3)
  const first = await channel.get('mail')
  expect(first && [first.content.toString(), first.fields.redelivered]).toEqual(['{"n":0}', true])
  expect(complaints).toEqual([])
  await other.close()
})

test('a stream is read for nothing, on production too', async ({ start, stage, vhost }) => {
  const { channel } = vhost
  await channel.assertQueue('events', { durable: true, arguments: { 'x-queue-type': 'stream' } })
  for (let n = 0; n < 40; n += 1) channel.sendToQueue('events', Buffer.from(`{"event":${n}}`))
  await channel.waitForConfirms()

  const { page, complaints } = await start()
  await connectRabbitmqThroughForm(page, { server: stage.server, vhosts: vhost.name, tier: 'production' })
  await openQueue(page, 'events')
  await expect(page.getByText('Its latest messages can be read at no price: nothing is taken out.')).toBeVisible()
  await page.getByRole('button', { name: 'Look at messages…' }).click()
  await expect(lookDialog(page).getByText(/Nothing: a stream is read without taking anything out/)).toBeVisible()
  await lookDialog(page).getByRole('button', { name: 'Look at 10' }).click()
  // The latest ten, not the first.
  await expect(page.getByText(/offsets 30 to 39, the latest/)).toBeVisible()
  await expect(page.getByRole('row').filter({ hasText: '{"event":39}' })).toBeVisible()
  await expect(page.getByRole('row').filter({ hasText: '{"event":29}' })).toHaveCount(0)
  await expect.poll(async () => (await vhost.told('events')).messages).toBe(40)
  expect(complaints).toEqual([])
})

test('looking does not push a quorum queue’s message over its delivery limit', async ({ start, stage, vhost }) => {
  const { channel } = vhost
  await channel.assertExchange('dead', 'fanout')
  await channel.assertQueue('graveyard')
  await channel.bindQueue('graveyard', 'dead', '')
  await channel.assertQueue('at the limit', quorum(2))
  await channel.assertQueue('below it', quorum(3))
  for (const queue of ['at the limit', 'below it']) channel.sendToQueue(queue, Buffer.from(`in ${queue}`))
  await channel.waitForConfirms()
  // Delivered twice: it may come back once more, and is dead-lettered then.
  await deliverOnce(channel, 'at the limit')
  await deliverOnce(channel, 'at the limit')
  await expect.poll(async () => (await vhost.told('at the limit')).message_stats).toMatchObject({ redeliver: 1 })

  const { page, complaints } = await start()
  await connectRabbitmqThroughForm(page, { server: stage.server, vhosts: vhost.name })
  await openQueue(page, 'at the limit')
  await expect(
    page.getByRole('status').filter({ hasText: 'dead-letters a message at its delivery limit of 2' }),
  ).toContainText('a look could use up the last one')
  await expect(page.getByRole('button', { name: 'Look at messages…' })).toHaveAttribute('aria-disabled', 'true')
  await expectAccessible(page)

  await openQueue(page, 'below it')
  await page.getByRole('button', { name: 'Look at messages…' }).click()
  await expect(lookDialog(page).getByText(/the look counts as one delivery of each message/)).toBeVisible()
  await expect(lookDialog(page).getByText(/delivery limit of 3: after this look 2 more deliveries/)).toBeVisible()
  await page.keyboard.press('Escape')
  for (const deliveries of ['no', 'one']) {
    await lookAtMessages(page)
    await expect(page.getByRole('row').filter({ hasText: 'in below it' }), `after ${deliveries} delivery`).toBeVisible()
    await expect(page.getByText('Looking…')).toHaveCount(0)
  }
  // It ends before the limit does.
  await expect(page.getByRole('button', { name: 'Look again…' })).toHaveAttribute('aria-disabled', 'true')
  for (const [queue, most] of [
    ['at the limit', 2],
    ['below it', 2],
  ] as const) {
    await expect.poll(() => vhost.ready(queue)).toBe(1)
    const message = await channel.get(queue)
    expect(message && [message.content.toString()]).toEqual([`in ${queue}`])
    expect(message && Number(message.properties.headers?.['x-delivery-count'] ?? 0)).toBeLessThanOrEqual(most)
  }
  expect(await vhost.ready('graveyard')).toBe(0)
  expect(complaints).toEqual([])
})

test('on production nothing is looked at until it is unlocked', async ({ start, stage, vhost }) => {
  const { channel } = vhost
  await channel.assertQueue('mail')
  channel.sendToQueue('mail', Buffer.from('{"n":1}'))
  await channel.waitForConfirms()

  const { page, complaints } = await start()
  await connectRabbitmqThroughForm(page, { server: stage.server, vhosts: vhost.name, tier: 'production' })
  await openQueue(page, 'mail')
  await expect(stateTab(page, 'Ready')).toContainText('about 1')
  await page.getByRole('button', { name: 'Look at messages…' }).click()
  const unlock = page.getByRole('dialog', { name: 'Unlock PROD rabbit' })
  await expect(unlock).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(unlock).toHaveCount(0)
  expect((await vhost.told('mail')).message_stats).not.toHaveProperty('get')
  await page.getByRole('button', { name: 'Look at messages…' }).click()
  await unlock.getByRole('textbox').fill('rabbit')
  await unlock.getByRole('button', { name: 'Unlock for 15 minutes' }).click()
  await lookDialog(page)
    .getByRole('button', { name: /^Look at / })
    .click()
  await expect(page.getByRole('row').filter({ hasText: '{"n":1}' })).toBeVisible()
  expect(await vhost.ready('mail')).toBe(1)
  expect(complaints).toEqual([])
})
