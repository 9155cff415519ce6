import { describe, expect, it } from 'vitest'
import { deliveryLimitOf, type Priced, priceOf, spentAtMost } from './price'
import type { QueueFacts, QueueTotals } from './queue-facts'

const facts = (change: Partial<QueueFacts> = {}): QueueFacts => ({
  address: { layout: 'rabbitmq', prefix: '/', name: 'mails' },
  type: 'quorum',
  exclusive: false,
  durable: true,
  autoDelete: false,
  arguments: { 'x-queue-type': 'quorum' },
  policy: {},
  state: 'running',
  ready: 5,
  unacked: 0,
  consumers: 0,
  headTimestamp: null,
  totals: null,
  ...change,
})

const totals = (change: Partial<QueueTotals>): QueueTotals => ({
  published: 100,
  acknowledged: 0,
  delivered: 0,
  redelivered: 0,
  publishedPerSecond: null,
  acknowledgedPerSecond: null,
  ...change,
})

const priced = (change: Partial<Priced> = {}): Priced => ({
  facts: facts(),
  version: '3.10.8',
  statisticsOff: false,
  before: null,
  own: 0,
  ...change,
})

const limited = (limit: number) => facts({ arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': limit } })

describe('the delivery limit of a quorum queue', () => {
  it('is none before 4.0 and 20 from then on, unless something is said', () => {
    expect(deliveryLimitOf(facts(), '3.10.8')).toBeNull()
    expect(deliveryLimitOf(facts(), '3.13.7')).toBeNull()
    expect(deliveryLimitOf(facts(), '4.0.0')).toBe(20)
    expect(deliveryLimitOf(facts(), '4.2.1')).toBe(20)
  })

  it('is the smaller of argument and policy', () => {
    const both = { ...limited(5), policy: { 'delivery-limit': 3 } }
    expect(deliveryLimitOf(both, '3.10.8')).toBe(3)
    expect(deliveryLimitOf({ ...both, policy: { 'delivery-limit': 9 } }, '4.1.0')).toBe(5)
  })

  it('is none where a negative one switches it off', () => {
    expect(deliveryLimitOf({ ...facts(), policy: { 'delivery-limit': -1 } }, '4.0.0')).toBeNull()
    expect(deliveryLimitOf(limited(-1), '4.0.0')).toBeNull()
    expect(deliveryLimitOf({ ...limited(-1), policy: { 'delivery-limit': 7 } }, '4.0.0')).toBe(7)
  })

  it('is not used up by giving back from 4.3 on', () => {
    expect(deliveryLimitOf(limited(3), '4.3.0')).toBeNull()
    expect(deliveryLimitOf(limited(3), '5.0.0')).toBeNull()
    expect(deliveryLimitOf(limited(3), '4.2.9')).toBe(3)
  })

  it('is unknown while the policy is not told, and none for other types', () => {
    expect(deliveryLimitOf(facts({ policy: null }), '3.10.8')).toBe('unknown')
    expect(deliveryLimitOf(facts({ type: 'classic', policy: null }), '4.0.0')).toBeNull()
  })
})

describe('what is spent of it', () => {
  it('is nothing before the first delivery', () => {
    expect(spentAtMost(priced({ facts: { ...limited(3), totals: totals({}) } }))).toBe(0)
  })

  it('is at most one more than all redeliveries', () => {
    const spent = (change: Partial<QueueTotals>) =>
      spentAtMost(priced({ facts: { ...limited(3), totals: totals(change) } }))
    expect(spent({ delivered: 1 })).toBe(1)
    expect(spent({ delivered: 40, redelivered: 2 })).toBe(3)
  })

  it('leaves out what looks from here redelivered', () => {
    const many = { ...limited(20), totals: totals({ delivered: 300, redelivered: 200 }) }
    expect(spentAtMost(priced({ facts: many, own: 200 }))).toBe(1)
  })

  it('is what the look saw, and what others did since', () => {
    const before = { highest: 4, whole: true, othersThen: 10 }
    const now = { ...limited(20), totals: totals({ delivered: 500, redelivered: 112 }) }
    expect(spentAtMost(priced({ facts: now, before, own: 100 }))).toBe(6)
    expect(spentAtMost(priced({ facts: now, before: { ...before, whole: false }, own: 100 }))).toBe(13)
  })

  it('is unknown without statistics', () => {
    expect(spentAtMost(priced({ statisticsOff: true }))).toBeNull()
  })
})

describe('the price of a look', () => {
  it('is refused where the last delivery could be used up', () => {
    const at = (delivered: number, redelivered: number) =>
      priceOf(priced({ facts: { ...limited(3), totals: totals({ delivered, redelivered }) } })).answer
    expect(at(0, 0)).toBe('priced')
    expect(at(1, 0)).toBe('priced')
    expect(at(2, 1)).toBe('refused')
    expect(at(4, 3)).toBe('refused')
  })

  it('tells how many deliveries are left', () => {
    const fresh = priceOf(priced({ version: '4.0.4' }))
    expect(fresh).toMatchObject({ answer: 'priced', available: 5 })
    expect(fresh.answer === 'priced' && fresh.price.join(' ')).toContain('delivery limit of 20')
  })

  it('is refused on 4.x by the default limit once somebody gave back often enough', () => {
    const worn = facts({ totals: totals({ delivered: 50, redelivered: 18 }) })
    expect(priceOf(priced({ version: '4.0.4', facts: worn }))).toMatchObject({ answer: 'refused' })
    expect(priceOf(priced({ version: '4.3.0', facts: worn }))).toMatchObject({ answer: 'priced' })
    expect(priceOf(priced({ version: '3.13.0', facts: worn }))).toMatchObject({ answer: 'priced' })
  })

  it('is refused while statistics are off, where a limit may hold', () => {
    expect(priceOf(priced({ statisticsOff: true, facts: facts({ policy: null }) }))).toMatchObject({
      answer: 'refused',
      hint: 'Switch the broker’s statistics on.',
    })
  })

  it('is nothing for a stream and refused for an exclusive queue', () => {
    expect(priceOf(priced({ facts: facts({ type: 'stream' }) }))).toMatchObject({
      price: [expect.stringContaining('Nothing')],
    })
    expect(priceOf(priced({ facts: facts({ type: 'classic', exclusive: true }) })).answer).toBe('refused')
  })
})
