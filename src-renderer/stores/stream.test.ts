import type { Trouble } from '@shared/model/environment'
import { describe, expect, it, vi } from 'vitest'
import { keepStream } from './stream'

async function* items<Item>(...list: readonly Item[]) {
  yield* list
}

describe('a kept stream', () => {
  it('opens again after a loss, beginning with a snapshot', async () => {
    const got: string[] = []
    const troubles: (Trouble | null)[] = []
    let opened = 0
    const stop = keepStream({
      open: async () => {
        opened++
        if (opened === 2) throw new Error('lost')
        return items(`snapshot ${opened}`, `tick ${opened}`)
      },
      onItem: (item) => got.push(item),
      onTrouble: (trouble) => troubles.push(trouble),
      delayMs: 1,
      maxDelayMs: 2,
    })
    await vi.waitFor(() => expect(got).toContain('tick 3'))
    stop()
    stop()
    expect(got.slice(0, 4)).toEqual(['snapshot 1', 'tick 1', 'snapshot 3', 'tick 3'])
    expect(troubles.some((trouble) => trouble?.code === 'closed')).toBe(true)
    expect(troubles.at(-1)).toBeNull()
  })

  it('ends its stream when it is stopped', async () => {
    let aborted = false
    const got: number[] = []
    const stop = keepStream<number>({
      open: async (signal) => {
        signal.addEventListener('abort', () => {
          aborted = true
        })
        return items(1, 2, 3)
      },
      onItem: (item) => {
        got.push(item)
        if (item === 2) stop()
      },
      onTrouble: () => {},
    })
    await vi.waitFor(() => expect(aborted).toBe(true))
    expect(got).toEqual([1, 2])
  })
})
