import type { MessageDetail } from '@shared/model/message'
import { describe, expect, it } from 'vitest'
import { parentIn, progressOf } from './facts'
import { lifeOf } from './timeline'
import { steady } from './use-inspected'

const detail = (change: Partial<MessageDetail['summary']> = {}): MessageDetail => ({
  summary: {
    id: '7',
    state: 'leased',
    name: null,
    enqueuedAt: 1_000,
    dueAt: null,
    finishedAt: null,
    attempts: 1,
    maxAttempts: null,
    bytes: 2,
    preview: '{}',
    error: null,
    ...change,
  },
  body: { kind: 'whole', base64: 'e30=', bytes: 2, digest: 'd' },
  attributes: [],
  error: null,
  history: [],
  logs: [],
})
const failed = { at: 2_000, event: 'failed', detail: 'E: x', attempt: 1 }

describe('progress', () => {
  it('is a bar where it counts to a whole', () => {
    expect(progressOf('42')).toEqual({ share: 0.42, done: null, total: null })
    expect(progressOf('{"done":3,"total":8}')).toEqual({ share: 0.375, done: 3, total: 8 })
  })

  it('is shown as it is where it does not', () => {
    for (const json of ['101', '-1', '"half"', 'null', '{"done":9,"total":8}', '{"done":0,"total":0}', 'no json'])
      expect(progressOf(json)).toBeNull()
  })
})

describe('a parent', () => {
  it('is found in any queue', () => {
    expect(parentIn('123~g:own in check out in Vienna')).toEqual({ id: '123~g:own', queue: 'check out in Vienna' })
    expect(parentIn('123')).toBeNull()
  })
})

describe('a life', () => {
  it('begins with the enqueue, though only failures are recorded', () => {
    expect(lifeOf({ ...detail(), history: [failed] }).map(({ event, at }) => [event, at])).toEqual([
      ['enqueued', 1_000],
      ['failed', 2_000],
    ])
  })

  it('ends with its good end', () => {
    const life = lifeOf({ ...detail({ state: 'done', finishedAt: 5_000, attempts: 2 }), history: [failed] })
    expect(life.at(-1)).toMatchObject({ event: 'done', at: 5_000, attempt: 2 })
  })

  it('says nothing twice', () => {
    const history = [
      { ...failed, event: 'added' },
      { ...failed, event: 'completed' },
    ]
    expect(lifeOf({ ...detail({ state: 'done' }), history })).toEqual(history)
  })
})

describe('a message looked at again', () => {
  it('keeps its body in place while the bytes are the same', () => {
    const before = detail()
    const now = detail({ attempts: 2 })
    expect(steady(before, now)).toMatchObject({ summary: { attempts: 2 } })
    expect(steady(before, now).body).toBe(before.body)
    const other = { ...now, body: { ...now.body, digest: 'e' } } as MessageDetail
    expect(steady(before, other).body).toBe(other.body)
  })
})
