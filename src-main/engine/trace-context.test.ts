import { describe, expect, it } from 'vitest'
import { isTraceparent, isTracestate, traceAttributes, traceContextOf } from './trace-context'

const trace = '0af7651916cd43dd8448eb211c80319c'
const span = 'b7ad6b7169203331'

describe('a trace context', () => {
  it('is told from what is none', () => {
    expect(
      [`00-${trace}-${span}-01`, `00-${trace}-${span}-00`, `cc-${trace}-${span}-01-more`].every(isTraceparent),
    ).toBe(true)
    expect(
      [
        '',
        `ff-${trace}-${span}-01`,
        `00-${trace}-${span}-01-more`,
        `00-${'0'.repeat(32)}-${span}-01`,
        `00-${trace}-${'0'.repeat(16)}-01`,
        `00-${trace.toUpperCase()}-${span}-01`,
        `00-${trace}-${span}`,
        ` 00-${trace}-${span}-01`,
      ].some(isTraceparent),
    ).toBe(false)
    expect(['a=1', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', 'a@b=c'].every(isTracestate)).toBe(true)
    expect(['', 'a', 'A=1', 'a=1,a=2', 'a=ü', `a=${'x'.repeat(257)}`].some(isTracestate)).toBe(false)
  })

  it('goes into attributes and comes out as it was', () => {
    const context = { traceId: trace, spanId: span, traceFlags: 1, traceState: 'a=1' }
    expect(traceContextOf(traceAttributes(context))).toEqual(context)
    expect(traceContextOf({ traceparent: 'nonsense' })).toBeUndefined()
    expect(traceContextOf({ traceparent: `00-${trace}-${span}-01`, tracestate: 'A' })?.traceState).toBeUndefined()
  })
})
