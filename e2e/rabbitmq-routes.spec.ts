import { connectRabbitmqThroughForm, expect, makeVhost, test } from './rabbitmq-stage'
import { expectAccessible, openQueue } from './steps'

test('exchanges, bindings, queues and consumers are walked as one graph', async ({ start, stage, vhost }) => {
  const { channel } = vhost
  const other = await makeVhost(stage, 'billing')
  await channel.assertExchange('shop', 'topic')
  await channel.assertExchange('audit', 'headers')
  await channel.assertExchange('dead', 'fanout')
  await channel.bindExchange('audit', 'shop', '#')
  await channel.assertQueue('mail', { deadLetterExchange: 'dead' })
  await channel.assertQueue('mail.dead')
  await channel.assertQueue('kept')
  await channel.bindQueue('mail', 'shop', 'mail.#')
  await channel.bindQueue('kept', 'audit', '', { 'x-match': 'all', tenant: 'a' })
  await channel.bindQueue('mail.dead', 'dead', '')
  // A namesake in the other virtual host, whose consumer must not be taken for one of these.
  await other.vhost.channel.assertQueue('mail')
  await other.vhost.channel.consume('mail', () => {}, { consumerTag: 'stranger' })
  for (let n = 0; n < 4; n += 1) channel.publish('shop', 'mail.welcome', Buffer.from(`${n}`))
  await channel.waitForConfirms()
  const consumer = await vhost.join()
  await consumer.prefetch(3)
  await consumer.consume('mail', () => {}, { consumerTag: 'mailer' })

  const { page, complaints } = await start({ colorScheme: 'dark' })
  await connectRabbitmqThroughForm(page, { server: stage.server, vhosts: `${vhost.name}, billing` })
  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Exchanges' }).click()
  await page.getByRole('row').filter({ hasText: 'shop' }).click()
  const here = page.getByRole('region', { name: 'Routes' })
  const [from, to] = [here.getByRole('region', { name: 'Comes from' }), here.getByRole('region', { name: 'Leads to' })]
  await expect(here.getByRole('heading', { name: 'shop' })).toBeVisible()
  await expect(here.getByText('topic exchange, durable')).toBeVisible()
  await expect(to.getByRole('listitem')).toHaveText([/#.*audit/, /mail\.#.*mail.*1 waiting/])
  await expectAccessible(page)

  // Exchange, binding, exchange, binding, queue: by their names alone.
  await to.getByRole('link', { name: 'audit' }).click()
  await expect(to.getByRole('listitem')).toHaveText([/tenant.*x-match.*kept/])
  await from.getByRole('link', { name: 'shop' }).click()
  await to.getByRole('link', { name: 'mail' }).click()

  // The queue, who consumes from it, and where its dead letters go.
  await expect(here.getByRole('heading', { name: 'mail' })).toBeVisible()
  await expect(here.getByText('1 ready, 3 unacked')).toBeVisible()
  await expect(from.getByRole('listitem')).toHaveText([/mail\.#.*shop/, /mail.*\(default\)/])
  await expect(to.getByRole('listitem')).toHaveText([/holds 3 of 3.*127\.0\.0\.1:/, /dead letters.*dead/])
  await expectAccessible(page)
  await to.getByRole('link', { name: 'dead' }).click()
  await expect(from.getByRole('listitem')).toHaveText([/dead letters.*mail/])
  await to.getByRole('link', { name: 'mail.dead' }).click()
  await expect(to.getByText('No consumer takes from it.')).toBeVisible()
  for (const name of ['dead', 'mail']) {
    await page.goBack()
    await expect(here.getByRole('heading', { name, exact: true })).toBeVisible()
  }

  // To the consumer among the queue's workers, and back to the queue's place.
  await to.getByRole('link', { name: /^127\.0\.0\.1:/ }).click()
  await expect(page.getByRole('row').filter({ hasText: '127.0.0.1' })).toHaveCount(1)
  await expect(page.getByText('1 worker')).toBeVisible()
  await page.getByRole('link', { name: 'Routes' }).click()
  await expect(here.getByRole('heading', { name: 'mail' })).toBeVisible()
  await here.getByRole('link', { name: 'Open the queue' }).click()
  await expect(page.getByText(`Classic queue · vhost ${vhost.name}`)).toBeVisible()
  expect(complaints).toEqual([])
  await other.close()
})

test('rates, the broker’s own past, and the policies of a queue', async ({ start, stage, vhost }) => {
  test.slow()
  const { channel } = vhost
  await vhost.policy('short-lived', {
    pattern: '^mail$',
    definition: { 'message-ttl': 86_400_000, 'max-length': 5_000 },
  })
  await channel.assertQueue('mail')
  const consumer = await vhost.join()
  await consumer.consume('mail', (message) => message && Number(message.content) % 2 === 0 && consumer.ack(message))
  // Traffic, so that the broker has something to remember from before the console came: its own step is five seconds, and what
  // is nearer than that to the console's first figure is not drawn.
  let sent = 0
  const traffic = setInterval(() => {
    channel.sendToQueue('mail', Buffer.from(`${sent}`))
    sent += 1
  }, 50)
  try {
    await expect
      .poll(async () => (await pastOf(stage, vhost.name)).filter((depth) => depth > 0).length, { timeout: 60_000 })
      .toBeGreaterThan(3)

    const { page, complaints } = await start()
    const began = Date.now()
    await connectRabbitmqThroughForm(page, { server: stage.server, vhosts: vhost.name })
    await openQueue(page, 'mail')
    const charts = page.getByRole('region', { name: 'Charts' })
    await expect(
      charts.getByTitle(/Watched from here on; before that, as the broker itself kept it/).first(),
    ).toBeAttached()
    // Older than the console: the left end of the line stands before it began.
    const drawn = charts.locator('figure').first().locator('path.recharts-area-area').first()
    const box = await drawn.boundingBox()
    const plot = await charts.locator('figure').first().locator('svg').first().boundingBox()
    const watchedShare = (Date.now() - began) / 300_000
    expect((box?.width ?? 0) / (plot?.width ?? 1)).toBeGreaterThan(watchedShare)
    await expect(charts.getByText(/In and out, per second/)).toBeVisible()
    await expect
      .poll(async () => await charts.locator('figure').nth(1).innerText(), { timeout: 15_000 })
      .toMatch(/In\s*[1-9][\d.]*[\s\S]*Out\s*[1-9][\d.]*/)
    await expectAccessible(page)

    await page.getByRole('tab', { name: 'Details' }).click()
    const policy = page.getByRole('region', { name: 'Policy' })
    await expect(policy).toContainText('short-lived')
    await expect(policy).toContainText('In effect: message-ttl')
    await expect(policy).toContainText('86400000')
    await expect(page.getByRole('region', { name: 'Limits' })).toContainText('max-length5000')
    await expectAccessible(page)
    expect(complaints).toEqual([])
  } finally {
    clearInterval(traffic)
  }
})

/** Depths of the last minute as the broker kept them. */
async function pastOf(
  stage: { readonly management: { get(path: string, asked: { act: string }): Promise<unknown> } },
  vhost: string,
) {
  const path = `/queues/${encodeURIComponent(vhost)}/mail?lengths_age=60&lengths_incr=5`
  const { messages_details } = (await stage.management.get(path, { act: 'look back' })) as {
    readonly messages_details?: { readonly samples?: readonly { readonly sample: number }[] }
  }
  return (messages_details?.samples ?? []).map(({ sample }) => sample)
}
