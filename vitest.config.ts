import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

const alias = { '@shared': resolve(import.meta.dirname, 'src-shared') }

/**
 * Two projects: `unit` needs nothing but Node; `brokers` starts real servers of its own on free loopback ports.
 * A broker test is named `*.broker.test.ts`, wherever it stands.
 */
export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['src-*/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
          exclude: ['**/*.broker.test.ts'],
          // Against tests that hang, not those that a busy machine slows down.
          testTimeout: 30_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'brokers',
          include: ['src-*/**/*.broker.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 30_000,
          maxWorkers: 2,
        },
      },
    ],
  },
})
