import { defineConfig } from '@playwright/test'
import type { ShellOptions } from './e2e/shell'
import { electronPath } from './scripts/electron-path.mjs'

/**
 * One suite for both shells; the desktop project exists wherever a binary does. Pictures are a project of their own, run
 * by `npm run pictures` only.
 */
export default defineConfig<ShellOptions>({
  testDir: 'e2e',
  outputDir: 'test-results',
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
  projects: [
    { name: 'browser', testMatch: /.*\.spec\.ts/, use: { shell: 'browser' } },
    ...(electronPath() ? [{ name: 'electron', testMatch: /.*\.spec\.ts/, use: { shell: 'electron' as const } }] : []),
    { name: 'pictures', testMatch: /pictures\.ts/, use: { shell: 'browser' } },
  ],
})
