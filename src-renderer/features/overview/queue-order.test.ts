import { metrics } from '@shared/model/sample'
import { describe, expect, it } from 'vitest'
import { movedCount, type OrderOptions, orderQueues, withArrivals } from './queue-order'

const names = ['billing:a', 'billing:b', 'mail:c', 'zed']
const queues = new Map(
  names.map((name, index) => [
    name,
    {
      key: name,
      layout: 'engine' as const,
      prefix: 'qe',
      name,
      product: index % 2 ? 'Engine' : 'BullMQ 6',
      paused: false,
      trouble: null,
    },
  ]),
)
const ready = [5, null, 90, 7]
const samples = new Map(
  names.map((name, index) => [
    name,
    { at: 0, values: metrics.map((metric) => (metric === 'ready' ? ready[index]! : 0)) },
  ]),
)
const order = (options: Partial<OrderOptions>) =>
  orderQueues(
    { keys: names, queues, samples },
    { grouping: 'none', column: 'name', descending: false, filter: '', ...options },
  )

describe('the order of queues', () => {
  it('groups by what they are or by how they are called, the rest last', () => {
    expect(order({ grouping: 'product' }).map((group) => group.name)).toEqual(['BullMQ 6', 'Engine'])
    expect(order({ grouping: 'prefix' })).toEqual([
      { name: 'billing', keys: ['billing:a', 'billing:b'] },
      { name: 'mail', keys: ['mail:c'] },
      { name: '', keys: ['zed'] },
    ])
  })

  it('sorts by a figure, the unknown last both ways', () => {
    expect(order({ column: 'ready', descending: true })[0]?.keys).toEqual(['mail:c', 'zed', 'billing:a', 'billing:b'])
    expect(order({ column: 'ready' })[0]?.keys).toEqual(['billing:a', 'zed', 'mail:c', 'billing:b'])
    expect(order({ column: 'depth', descending: true })[0]?.keys.at(-1)).toBe('billing:b')
  })

  it('filters by name and counts what would move', () => {
    expect(order({ filter: ' BILL ' })[0]?.keys).toEqual(['billing:a', 'billing:b'])
    expect(movedCount(order({}), order({ column: 'ready', descending: true }))).toBe(4)
    expect(movedCount(order({}), order({}))).toBe(0)
  })
})

describe('arrivals while the order is held', () => {
  const shown = [
    { name: 'BullMQ', keys: ['b1'] },
    { name: 'Engine', keys: ['e2', 'e1'] },
  ]

  it('stand below what is shown, and move nothing', () => {
    const next = [
      { name: 'Bee', keys: ['x1'] },
      { name: 'BullMQ', keys: ['b0', 'b1'] },
      { name: 'Engine', keys: ['e0', 'e1', 'e2'] },
    ]
    expect(withArrivals(shown, next)).toEqual([
      { name: 'BullMQ', keys: ['b1'] },
      { name: 'Engine', keys: ['e2', 'e1', 'e0'] },
      { name: 'Bee', keys: ['x1'] },
    ])
  })

  it('are the same groups when nothing has come', () => {
    expect(withArrivals(shown, shown)).toBe(shown)
  })
})
