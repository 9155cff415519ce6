import { describe, expect, it } from 'vitest'
import { Coalescer } from './coalescer'

const tell = <Answer>(answer: Answer, resolve: (answer: Answer) => void) => resolve(answer)

describe('a coalescer', () => {
  it('makes one call of a turn, in pieces, and gives each its own answer', async () => {
    const calls: (readonly number[])[] = []
    const coalescer = new Coalescer<number, string>({
      send: async (items) => {
        calls.push(items)
        return items.map(String)
      },
      most: 3,
      tell,
    })
    const answers = await Promise.all([1, 2, 3, 4].map((item) => coalescer.ask(item)))
    expect(answers).toEqual(['1', '2', '3', '4'])
    expect(await coalescer.ask(5)).toBe('5')
    expect(calls).toEqual([[1, 2, 3], [4], [5]])
  })

  it('fills a call by weight, and gives what is too heavy one of its own', async () => {
    const calls: (readonly number[])[] = []
    const coalescer = new Coalescer<number, number>({
      send: async (items) => {
        calls.push(items)
        return items
      },
      most: 5,
      weightOf: (item) => item,
      tell,
    })
    expect(await Promise.all([2, 3, 1, 7, 5].map((item) => coalescer.ask(item)))).toEqual([2, 3, 1, 7, 5])
    expect(calls).toEqual([[2, 3], [1], [7], [5]])
  })

  it('sends at once with nothing under way, and gathers a turn of the event loop meanwhile', async () => {
    const calls: (readonly number[])[] = []
    const answer: (() => void)[] = []
    const coalescer = new Coalescer<number, number>({
      send: (items) => {
        calls.push(items)
        return new Promise((resolve) => answer.push(() => resolve(items)))
      },
      most: 10,
      tell,
    })
    const first = coalescer.ask(1)
    await Promise.resolve()
    const second = coalescer.ask(2)
    await new Promise<void>((resolve) => process.nextTick(resolve))
    expect(calls).toEqual([[1, 2]])
    const third = coalescer.ask(3)
    await new Promise<void>((resolve) => process.nextTick(resolve))
    const fourth = coalescer.ask(4)
    expect(calls).toHaveLength(1)
    await new Promise((resolve) => setImmediate(resolve))
    expect(calls).toEqual([
      [1, 2],
      [3, 4],
    ])
    for (const each of answer) each()
    expect(await Promise.all([first, second, third, fourth])).toEqual([1, 2, 3, 4])
  })

  it('gives each of a failed call the error, and goes on', async () => {
    let fail = true
    const coalescer = new Coalescer<number, number>({
      send: async (items) => {
        if (fail) throw new Error('no')
        return items
      },
      most: 10,
      tell,
    })
    const results = await Promise.allSettled([coalescer.ask(1), coalescer.ask(2)])
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected'])
    fail = false
    expect(await coalescer.ask(3)).toBe(3)
  })

  it('can refuse one of a call', async () => {
    const coalescer = new Coalescer<number, number, string>({
      send: async (items) => items,
      most: 10,
      tell: (answer, resolve, reject) => (answer === 2 ? reject(new Error('not 2')) : resolve(`got ${answer}`)),
    })
    const results = await Promise.allSettled([1, 2, 3].map((item) => coalescer.ask(item)))
    expect(results.map((result) => ('value' in result ? result.value : String(result.reason)))).toEqual([
      'got 1',
      'Error: not 2',
      'got 3',
    ])
  })
})
