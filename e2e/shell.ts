import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { _electron, test as base, chromium, type Page } from '@playwright/test'
import { electronPath } from '../scripts/electron-path.mjs'
import { browserPath } from '../scripts/system-packages.mjs'
import { startRedis, type TestRedis } from '../src-main/brokers/testing/redis-server'

export interface ShellOptions {
  readonly shell: 'browser' | 'electron'
}

export interface StartOptions {
  readonly sandbox?: boolean
  readonly variables?: Record<string, string>
  /** A data folder to use again; a fresh one without it. */
  readonly home?: string
  readonly viewport?: { readonly width: number; readonly height: number }
  readonly colorScheme?: 'light' | 'dark'
}

/** One running console and its window. */
export interface RunningConsole {
  readonly page: Page
  readonly home: string
  /** What the page's console and its content policy complained about. */
  readonly complaints: readonly string[]
  close(): Promise<void>
}

interface Fixtures {
  readonly start: (options?: StartOptions) => Promise<RunningConsole>
  readonly redis: TestRedis
}

const root = resolve(import.meta.dirname, '..')

/** Starts consoles in either shell and real servers, and ends by pid whatever a test started. */
export const test = base.extend<ShellOptions & Fixtures>({
  shell: ['browser', { option: true }],
  start: async ({ shell }, use) => {
    const running: RunningConsole[] = []
    await use(async (options = {}) => {
      const console = shell === 'electron' ? await startDesktop(options) : await startBrowser(options)
      running.push(console)
      return console
    })
    for (const console of running) await console.close()
  },
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads a fixture's needs from its first parameter
  redis: async ({}, use) => {
    const redis = await startRedis()
    await use(redis)
    await redis.stop()
  },
})

export { expect } from '@playwright/test'

async function startBrowser(options: StartOptions): Promise<RunningConsole> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'queuescope-e2e-'))
  const child = spawn(
    process.execPath,
    ['--no-warnings', 'out/main/headless.js', ...(options.sandbox ? ['--sandbox'] : [])],
    {
      cwd: root,
      env: { ...process.env, QUEUESCOPE_HOME: home, ...options.variables },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const url = await firstUrl(child, createInterface({ input: child.stdout }))
  const executablePath = browserPath()
  const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: ['--no-sandbox'] })
  const page = await browser.newPage({
    viewport: options.viewport ?? { width: 1280, height: 800 },
    colorScheme: options.colorScheme ?? 'light',
    reducedMotion: 'reduce',
  })
  // A step that cannot be done says so soon, with what it waited for.
  page.setDefaultTimeout(15_000)
  const complaints = listen(page)
  await page.goto(url)
  return {
    page,
    home,
    complaints,
    async close() {
      await browser.close()
      await end(child)
      if (!options.home) rmSync(home, { recursive: true, force: true })
    },
  }
}

async function startDesktop(options: StartOptions): Promise<RunningConsole> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'queuescope-e2e-'))
  const executablePath = electronPath()
  if (!executablePath) throw new Error('the electron project runs only where a binary is found')
  const app = await _electron.launch({
    executablePath,
    args: [root, ...(options.sandbox ? ['--sandbox'] : [])],
    env: { ...(process.env as Record<string, string>), QUEUESCOPE_HOME: home, ...options.variables },
  })
  const page = await app.firstWindow()
  return {
    page,
    home,
    complaints: listen(page),
    async close() {
      await app.close()
      if (!options.home) rmSync(home, { recursive: true, force: true })
    },
  }
}

function listen(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return complaints
}

async function firstUrl(child: ChildProcess, lines: Interface): Promise<string> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the console ended with ${code} before it printed a URL`)
  })
  return await Promise.race([once(lines, 'line').then(([line]) => String(line)), ended])
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}
