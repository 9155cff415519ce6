import { test } from './shell'
import { openQueue } from './steps'

for (const [w, h, scheme] of [[1280, 800, 'light'], [1920, 1080, 'dark']] as const) {
  test(`look ${w}`, async ({ start }) => {
    test.setTimeout(200_000)
    const { page } = await start({ sandbox: true, viewport: { width: w, height: h }, colorScheme: scheme })
    const shot = async (name: string) => { await page.waitForTimeout(1200); await page.screenshot({ path: `/tmp/q/look/${name}-${w}.png` }) }
    const rail = page.getByRole('navigation')
    await page.waitForTimeout(15000)
    await shot('overview')
    const names = await page.locator('nav[aria-label=Queues] a').allInnerTexts()
    console.log(names.join(' | '))
    await rail.getByRole('link', { name: 'Workers' }).click(); await shot('workers')
    await rail.getByRole('link', { name: 'Channels' }).click(); await shot('channels')
    for (const n of names.filter((x) => /click|stream|activity|audit|events|todo/i.test(x)).slice(0, 3)) {
      await openQueue(page, n.split('\n')[0]!)
      await shot(`q-${n.split('\n')[0]!.replace(/\W/g, '_')}`)
      for (const t of await page.getByRole('tab').all()) {
        const name = (await t.innerText()).split('\n')[0]!.replace(/\W+/g, '')
        await t.click(); await shot(`q-${n.split('\n')[0]!.replace(/\W/g, '_')}-${name}`)
      }
    }
    await rail.getByRole('link', { name: 'Environments' }).click()
    await page.getByRole('button', { name: 'New environment' }).first().click(); await shot('env-redis')
    await page.getByRole('button', { name: /layout/i }).first().click().catch(() => {}); await shot('env-layout')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Amazon SQS' }).or(page.getByRole('radio', { name: 'Amazon SQS' })).or(page.getByRole('button', { name: 'SQS' })).first().click(); await shot('env-sqs')
    await page.getByRole('button', { name: 'RabbitMQ' }).or(page.getByRole('radio', { name: 'RabbitMQ' })).first().click(); await shot('env-rabbit')
    await page.goto(`${page.url().split('#')[0]}#/e/sandbox-sqs`); await page.waitForTimeout(4000); await shot('sqs-overview')
    await rail.getByRole('link', { name: 'Dead letters' }).click(); await shot('sqs-dead')
    await rail.getByRole('link', { name: 'Workers' }).click(); await shot('sqs-workers')
  })
}
