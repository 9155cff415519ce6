import { describe, expect, it } from 'vitest'
import { type DurabilityFacts, durabilityInWords, refuseEviction } from './durability'

const facts: DurabilityFacts = {
  server: 'Redis 7.0.15',
  role: 'master',
  appendonly: 'yes',
  appendfsync: 'everysec',
  save: '',
  maxmemoryPolicy: 'noeviction',
  replicas: 1,
  minReplicasToWrite: 0,
}
const wordsOf = (more: Partial<DurabilityFacts>) => durabilityInWords({ ...facts, ...more }).join(' ')

describe('what could be lost', () => {
  it('is told by how the server writes to disk', () => {
    expect(wordsOf({ appendfsync: 'always' })).toMatch(/loses nothing that was answered/)
    expect(wordsOf({})).toMatch(/last second or two/)
    expect(wordsOf({ appendfsync: 'no' })).toMatch(/half a minute/)
    expect(wordsOf({ appendonly: 'no', save: '3600 1' })).toMatch(/since the last one/)
    expect(wordsOf({ appendonly: 'no' })).toMatch(/loses every message/)
  })

  it('is told by its replicas', () => {
    expect(wordsOf({ replicas: 0 })).toMatch(/no replica/)
    expect(wordsOf({})).toMatch(/failover loses/)
    expect(wordsOf({ minReplicasToWrite: 2 })).toMatch(/refused without 2 replicas/)
  })

  it('is unknown where it may not be asked, and never left out', () => {
    const unknown = durabilityInWords({
      server: 'unknown',
      role: 'unknown',
      appendonly: 'unknown',
      appendfsync: 'unknown',
      save: 'unknown',
      maxmemoryPolicy: 'unknown',
      replicas: 'unknown',
      minReplicasToWrite: 'unknown',
    })
    expect(unknown).toHaveLength(3)
    expect(unknown.every((words) => words.includes('unknown'))).toBe(true)
    expect(wordsOf({ appendfsync: 'unknown' })).toMatch(/unknown/)
  })

  it('is told, or refused, by what is evicted', () => {
    expect(durabilityInWords(facts)).toHaveLength(2)
    expect(wordsOf({ maxmemoryPolicy: 'volatile-lru' })).toMatch(/duplicates/)
    expect(() => refuseEviction({ ...facts, maxmemoryPolicy: 'allkeys-lru' })).toThrow(
      expect.objectContaining({ code: 'broker-state', hint: expect.stringContaining('allowEviction') }),
    )
    for (const maxmemoryPolicy of ['noeviction', 'volatile-lru', 'unknown'])
      expect(() => refuseEviction({ ...facts, maxmemoryPolicy })).not.toThrow()
  })
})
