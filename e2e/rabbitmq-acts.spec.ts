import type { Page } from '@playwright/test'
import { type RabbitmqStage, startRabbitmqStage } from '../src-main/brokers/testing/rabbitmq-stage'
import { connectRabbitmqThroughForm, expect, makeVhost, test } from './rabbitmq-stage'
import { expectAccessible, openQueue } from './steps'

/** Opens what a system offers besides. */
async function openAct(page: Page, name: RegExp): Promise<void> {
  await page.getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('menuitem', { name }).click()
}

const bodyOf = (n: number) => Buffer.concat([Buffer.from(`{"n":${n}`), Buffer.from([0x00, 0xff])])

test('a message is published to an exchange, with routing key, headers and properties', async ({
  start,
  stage,
  vhost,
}) => {
  const { channel } = vhost
  await channel.assertExchange('shop', 'topic')
  await channel.assertExchange('audit', 'fanout')
  await channel.assertQueue('mail')
  await channel.bindQueue('mail', 'shop', 'mail.#')

  const { page, complaints } = await start()
  await connectRabbitmqThroughForm(page, { server: stage.server, vhosts: vhost.name })
  await openQueue(page, 'mail')
  await openAct(page, /^Publish to an exchange/)
  const dialog = page.getByRole('dialog', { name: /^Publish to an exchange/ })
  // It begins with the exchange that leads here.
  await expect(dialog.getByLabel('Exchange', { exact: true })).toHaveValue('shop')
  await dialog.getByLabel('Routing key').fill('order.paid')
  await dialog.getByLabel('Headers').fill('{"tenant": "ä", "trace": "1"}')
  await dialog
    .getByLabel('Properties')
    .fill('{"content-type": "application/json", "correlation-id": "c-9", "priority": "4"}')
  const body = '{"to": "a@b.example",  "cents": 9007199254740993, "name": "Ünal 🙂"}\n'
  await dialog.getByLabel('Body').fill(body)
  await expectAccessible(page)
  const publish = dialog.getByRole('button', { name: 'Publish to an exchange' })
  // No queue is bound by that key: it comes back, and that is said.
  await publish.click()
  await expect(dialog.getByRole('alert')).toContainText(/no queue/i)
  await dialog.getByLabel('Routing key').fill('mail.welcome')
  await publish.click()
  await expect(dialog).toHaveCount(0)
  await expect(page.getByText('Published to shop, and at least one queue has it.')).toBeVisible()

  await expect.poll(() => vhost.ready('mail')).toBe(1)
  const message = await channel.get('mail')
  if (message === false) throw new Error('it is not there')
  expect(message.content.equals(Buffer.from(body))).toBe(true)
  expect(message.fields).toMatchObject({ exchange: 'shop', routingKey: 'mail.welcome', redelivered: false })
  expect(message.properties).toMatchObject({ contentType: 'application/json', correlationId: 'c-9', priority: 4 })
  expect(message.properties.headers).toEqual({ tenant: 'ä', trace: '1' })
  expect(complaints).toEqual([])
})

test('all messages are moved by a shovel, and a queue is purged', async ({ start, stage, vhost }) => {
  await expectMoved({
    start,
    stage,
    vhost,
    words: /RabbitMQ does it itself by a shovel/,
    done: /A shovel moved 30 messages to target/,
  })
})

test('where there is no shovel they are moved one by one, each confirmed', async ({ start }) => {
  const stage = await startRabbitmqStage({ plugins: ['rabbitmq_management'] })
  const { vhost, close } = await makeVhost(stage, 'bare')
  try {
    await expectMoved({
      start,
      stage,
      vhost,
      words: /message by message, since the plugins rabbitmq_shovel and rabbitmq_shovel_management are not enabled/,
      done: /30 messages were moved to target/,
    })
  } finally {
    await close()
    await stage.stop()
  }
})

interface Moving extends Pick<Parameters<Parameters<typeof test>[2]>[0], 'start' | 'vhost'> {
  readonly stage: RabbitmqStage
  /** How the dialog says it is done, and what is said of it then. */
  readonly words: RegExp
  readonly done: RegExp
}

async function expectMoved({ start, stage, vhost, words, done }: Moving): Promise<void> {
  const { channel } = vhost
  await channel.assertQueue('source')
  await channel.assertQueue('target')
  for (let n = 0; n < 30; n += 1) channel.sendToQueue('source', bodyOf(n), { headers: { n }, messageId: `m-${n}` })
  await channel.waitForConfirms()

  const { page, complaints } = await start()
  await connectRabbitmqThroughForm(page, { server: stage.server, vhosts: vhost.name })
  await openQueue(page, 'source')
  await openAct(page, /^Move all to another queue/)
  const move = page.getByRole('dialog', { name: /^Move all to another queue/ })
  await expect(move.getByText(words)).toBeVisible()
  await move.getByLabel('To the queue').fill('target')
  await expectAccessible(page)
  await move.getByRole('button', { name: 'Move all to another queue' }).click()
  await expect(page.getByText(done)).toBeVisible()
  expect([await vhost.ready('source'), await vhost.ready('target')]).toEqual([0, 30])
  // In order, byte for byte, with their headers and properties.
  for (let n = 0; n < 3; n += 1) {
    const message = await channel.get('target', { noAck: true })
    if (message === false) throw new Error('it is not there')
    expect(message.content.equals(bodyOf(n))).toBe(true)
    expect(message.properties).toMatchObject({ messageId: `m-${n}`, headers: { n } })
  }

  await openQueue(page, 'target')
  await openAct(page, /^Purge/)
  const purge = page.getByRole('dialog', { name: /^Purge/ })
  await expect(purge.getByText(/deletes all that is ready in target at once/)).toBeVisible()
  await purge.getByRole('button', { name: 'Purge' }).click()
  await expect(page.getByText('27 messages were deleted.')).toBeVisible()
  expect(await vhost.ready('target')).toBe(0)
  expect(complaints).toEqual([])
}
