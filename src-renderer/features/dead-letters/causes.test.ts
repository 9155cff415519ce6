import type { Cause } from '@shared/model/message'
import { describe, expect, it } from 'vitest'
import { matchingCauses, queuesOf, sortCauses } from './causes'

const cause = (key: string, title: string, count: number, lastAt: number, queues: readonly string[]): Cause => ({
  key,
  title,
  count,
  firstAt: null,
  lastAt,
  queues: queues.map((queue) => ({ key: queue, count })),
  trend: [],
})
const causes = [
  cause('a', 'connect ECONNREFUSED <host>', 404, 2, ['q1']),
  cause('b', 'Timeout after <n> ms', 1, 9, ['q1', 'q2']),
]

describe('causes', () => {
  it('are found by every word typed, in any order', () => {
    expect(matchingCauses(causes, 'refused CONNECT').map((one) => one.key)).toEqual(['a'])
    expect(matchingCauses(causes, '')).toHaveLength(2)
  })

  it('are sorted by count or time', () => {
    expect(sortCauses(causes, { column: 'count', descending: true })[0]?.key).toBe('a')
    expect(sortCauses(causes, { column: 'lastAt', descending: true })[0]?.key).toBe('b')
    expect(queuesOf(causes)).toEqual(['q1', 'q2'])
  })
})
