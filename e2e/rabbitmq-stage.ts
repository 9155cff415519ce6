import type { Locator, Page } from '@playwright/test'
import amqp, { type ConfirmChannel } from 'amqplib'
import { inPath } from '../src-main/brokers/clients/rabbitmq-management'
import type { TestRabbitmq } from '../src-main/brokers/testing/rabbitmq-server'
import { type RabbitmqStage, startRabbitmqStage } from '../src-main/brokers/testing/rabbitmq-stage'
import { test as base, expect } from './shell'

/** A virtual host of one test's own, with the test's own way into it. */
export interface TestVhost {
  readonly name: string
  readonly channel: ConfirmChannel
  /** A channel of its own, whose consumers are heard apart. */
  join(): Promise<ConfirmChannel>
  policy(name: string, policy: { readonly pattern: string; readonly definition: object }): Promise<void>
  /** How many are ready, by the queue itself. */
  ready(queue: string): Promise<number>
  /** What the management plugin tells of a queue. */
  told(queue: string): Promise<Readonly<Record<string, unknown>>>
}

let vhosts = 0

/** One broker for all tests, since it takes seconds to start; a virtual host for each. */
export const test = base.extend<{ vhost: TestVhost }, { stage: RabbitmqStage }>({
  stage: [
    // biome-ignore lint/correctness/noEmptyPattern: the runner reads a fixture's needs from its first parameter
    async ({}, use) => {
      const stage = await startRabbitmqStage()
      await use(stage)
      await stage.stop()
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  vhost: async ({ stage }, use) => {
    vhosts += 1
    const name = `space ${vhosts}`
    const { vhost, close } = await makeVhost(stage, name)
    await use(vhost)
    await close()
  },
})

export { expect } from './shell'

export async function makeVhost({ management, server }: RabbitmqStage, name: string) {
  const ask = (method: 'PUT' | 'DELETE', path: string, body?: object) =>
    management.send(method, path, { act: 'prepare a test', ...(body && { body }) })
  await ask('PUT', `/vhosts/${inPath(name)}`)
  await ask('PUT', `/permissions/${inPath(name)}/guest`, { configure: '.*', write: '.*', read: '.*' })
  const link = await amqp.connect({ hostname: '127.0.0.1', port: server.amqpPort, vhost: encodeURIComponent(name) })
  link.on('error', () => {})
  const channel = await link.createConfirmChannel()
  const vhost: TestVhost = {
    name,
    channel,
    join: () => link.createConfirmChannel(),
    async policy(policy, { pattern, definition }) {
      const path = `/policies/${inPath(name)}/${inPath(policy)}`
      await ask('PUT', path, { pattern, definition, 'apply-to': 'queues' })
    },
    ready: async (queue) => (await channel.checkQueue(queue)).messageCount,
    told: async (queue) =>
      (await management.get(`/queues/${inPath(name)}/${inPath(queue)}`, { act: 'look at a queue' })) as Readonly<
        Record<string, unknown>
      >,
  }
  const close = async () => {
    await link.close().catch(() => {})
    await ask('DELETE', `/vhosts/${inPath(name)}`)
  }
  return { vhost, close }
}

export interface RabbitmqForm {
  readonly server: TestRabbitmq
  readonly vhosts: string
  readonly name?: string
  readonly tier?: 'production' | 'dev'
  readonly user?: { readonly username: string; readonly password: string }
}

/** Fills in the form as a person would, up to the click on Test. */
export async function fillRabbitmqForm(
  page: Page,
  { server, vhosts, name = 'rabbit', tier = 'dev', user }: RabbitmqForm,
) {
  await page.getByRole('link', { name: 'Environments' }).click()
  await page.getByRole('button', { name: 'New environment' }).first().click()
  await page.getByRole('button', { name: 'RabbitMQ', exact: true }).click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name)
  await page.getByRole('textbox', { name: 'AMQP port' }).fill(String(server.amqpPort))
  await page.getByRole('textbox', { name: 'Management' }).fill(server.managementUrl)
  await page.getByRole('textbox', { name: 'Virtual hosts' }).fill(vhosts)
  await page.locator(`input[type=radio][value=${tier}]`).check()
  if (user) await fillUser(page, user)
  await page.getByRole('button', { name: 'Test', exact: true }).click()
}

export async function fillUser(page: Page, { username, password }: NonNullable<RabbitmqForm['user']>): Promise<void> {
  await page.getByRole('textbox', { name: 'User' }).fill(username)
  await page.getByLabel('Password', { exact: true }).selectOption('session')
  await page.getByLabel('The password').fill(password)
}

/** Connects and opens the overview. */
export async function connectRabbitmqThroughForm(page: Page, form: RabbitmqForm): Promise<void> {
  await fillRabbitmqForm(page, form)
  await expect(page.getByText(/Connected to RabbitMQ 3\.10/)).toBeVisible()
  await page.getByRole('button', { name: 'Save environment' }).click()
  await page.getByRole('button', { name: 'Open its queues' }).click()
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible()
}

export const lookDialog = (page: Page): Locator => page.getByRole('dialog', { name: 'Look at messages' })

/** Asks for a look, and takes it at the price that the dialog tells. */
export async function lookAtMessages(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Look (at messages|again)…/ }).click()
  await lookDialog(page)
    .getByRole('button', { name: /^Look at / })
    .click()
}
