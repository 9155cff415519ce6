import { describe, expect, it } from 'vitest'
import { batchCounts, isSettled, type SentBatch } from './send-batch'

const batch = (states: SentBatch['states']): SentBatch => ({
  number: 1,
  queue: 'q',
  queueName: 'q',
  sentAt: 0,
  ids: states.map((_, index) => String(index)),
  states,
})

describe('a batch on its way', () => {
  it('counts where its messages stand', () => {
    expect(batchCounts(batch(['ready', 'done', 'done', null, undefined]))).toEqual([
      { state: 'ready', count: 1 },
      { state: 'done', count: 2 },
      { state: 'gone', count: 1 },
    ])
  })

  it('is followed until nothing can change any more', () => {
    expect(isSettled(batch([undefined]))).toBe(false)
    expect(isSettled(batch(['done', 'leased']))).toBe(false)
    expect(isSettled(batch(['done', 'dead', null]))).toBe(true)
  })
})
