import { describe, expect, it } from 'vitest'
import { KeyShapes, shapeOf } from './key-shapes'

describe('the shape of a key', () => {
  it.each([
    ['user:8123:cart-9f3ab2c4d1', 'user:#:#'],
    ['user:81:cart', 'user:#:cart'],
    ['q:tenant-12', 'q:#'],
    ['a1:b22', 'a#:b#'],
    ['session:3f2504e0-4f89-11d3-9a0c-0305e82c3301', 'session:#'],
    ['{orders}:jobs', '{orders}:jobs'],
    ['queue:mails', 'queue:mails'],
    ['☃:1', '☃:#'],
    ['', ''],
  ])('%s is %s', (key, shape) => {
    expect(shapeOf(key)).toBe(shape)
  })

  it('looks at no more of a name than its beginning', () => {
    expect(shapeOf('x'.repeat(10_000)).length).toBe(200)
  })
})

const asked = (shapes: KeyShapes, keys: readonly string[], isHit = false): number => {
  let count = 0
  for (const key of keys) {
    if (!shapes.isWorthAsking(key)) continue
    count += 1
    shapes.learn(key, isHit)
  }
  return count
}

const names = (count: number, name: (n: number) => string) => Array.from({ length: count }, (_, n) => name(n))

describe('what is worth asking about', () => {
  it('soon stops asking about strangers of one shape, and now and then tries one', () => {
    const shapes = new KeyShapes()
    expect(
      asked(
        shapes,
        names(64_000, (n) => `session:${n}`),
      ),
    ).toBe(64 + Math.floor((64_000 - 64) / 64))
  })

  it('goes on asking about a shape that has queues', () => {
    const shapes = new KeyShapes()
    asked(shapes, ['jobs:1'], true)
    expect(
      asked(
        shapes,
        names(5_000, (n) => `jobs:${n}`),
      ),
    ).toBe(5_000)
  })

  it('does not take each of a hundred thousand names without digits for a shape worth trying', () => {
    const shapes = new KeyShapes()
    const letters = (n: number) => [...String(n)].map((digit) => 'abcdefghij'[Number(digit)]).join('')
    expect(
      asked(
        shapes,
        names(100_000, (n) => `user:${letters(n)}:profile`),
      ),
    ).toBeLessThan(4_000)
    // Others are not the worse for it.
    expect(
      asked(
        shapes,
        names(50, (n) => `jobs-${letters(n)}`),
      ),
    ).toBe(50)
  })
})
