import type { MessagePage, MessageSummary } from '@shared/model/message'
import { describe, expect, it } from 'vitest'
import { joined } from './use-message-pages'

const message = (id: string): MessageSummary => ({
  id,
  state: 'dead',
  name: null,
  enqueuedAt: null,
  dueAt: null,
  finishedAt: null,
  attempts: null,
  maxAttempts: null,
  bytes: null,
  preview: '',
  error: null,
})
const page = (ids: readonly string[], nextCursor: string | null, total: number | null = null): MessagePage => ({
  items: ids.map(message),
  nextCursor,
  total,
})
const ask = () => Promise.resolve(page([], null))
const first = joined(
  { ask, items: [message('old')], total: 9, cursor: null, phase: 'loading', trouble: null, takenAt: 0 },
  ask,
  null,
  page(['a', 'b'], 'after b', 3),
)

describe('a list taken page by page', () => {
  it('begins anew without a cursor', () => {
    expect(first.items.map((item) => item.id)).toEqual(['a', 'b'])
    expect(first).toMatchObject({ cursor: 'after b', total: 3, phase: 'ready' })
    expect(first.takenAt).toBeGreaterThan(0)
  })

  it('goes on behind what is there and shows nothing twice', () => {
    const second = joined(first, ask, 'after b', page(['b', 'c'], null))
    expect(second.items.map((item) => item.id)).toEqual(['a', 'b', 'c'])
    expect(second).toMatchObject({ cursor: null, total: 3, takenAt: first.takenAt })
  })
})
