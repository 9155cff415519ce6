import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, type Locator, type Page } from '@playwright/test'

/** Connects a Redis of this machine through the form, as a person would, and opens its queues. */
export async function connectThroughForm(
  page: Page,
  {
    name,
    port,
    tier,
  }: { readonly name: string; readonly port: number; readonly tier: 'production' | 'staging' | 'dev' },
): Promise<void> {
  await page.getByRole('link', { name: 'Environments' }).click()
  await page.getByRole('button', { name: 'New environment' }).first().click()
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByRole('textbox', { name: 'Host' }).fill('127.0.0.1')
  await page.getByRole('textbox', { name: 'Port' }).fill(String(port))
  await page.locator(`input[type=radio][value=${tier}]`).check()
  await page.getByRole('button', { name: 'Test', exact: true }).click()
  await expect(page.getByText(/Connected to Redis 7/)).toBeVisible()
  await page.getByRole('button', { name: 'Save environment' }).click()
  await page.getByRole('button', { name: 'Open its queues' }).click()
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible()
}

/** Opens a queue from the rail. */
export async function openQueue(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name }).first().click()
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible()
}

export const stateTab = (page: Page, state: string): Locator => page.getByRole('tab', { name: new RegExp(`^${state}`) })

/** The figure on a state's tab. */
export async function figureOf(page: Page, state: string): Promise<number> {
  const text = (await stateTab(page, state).innerText()).replace(/[^\d]/g, '')
  return Number(text)
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Runs axe in the page, past its content policy, and expects no violation. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe)
  const violations = await page.evaluate(async () => {
    const runner = (
      window as unknown as {
        axe: {
          run(
            context: Document,
            options: object,
          ): Promise<{ violations: { id: string; nodes: { target: unknown; failureSummary?: string }[] }[] }>
        }
      }
    ).axe
    const result = await runner.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })
    return result.violations.map(({ id, nodes }) => ({
      id,
      nodes: nodes.slice(0, 3).map(({ target, failureSummary }) => ({ target, failureSummary })),
    }))
  })
  expect(violations).toEqual([])
}
