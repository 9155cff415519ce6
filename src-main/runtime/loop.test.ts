import { describe, expect, it } from 'vitest'
import { pause } from './clock'
import { type Loop, loop } from './loop'
import { manualClock } from './manual-clock'

const ignore = () => {}

describe('a loop', () => {
  it('runs at once and then every so often, never twice at a time', async () => {
    const clock = manualClock()
    const at: number[] = []
    const it = loop({
      clock,
      everyMs: 100,
      onError: ignore,
      run: async () => {
        at.push(clock.elapsed())
        await pause(clock, 30)
        return undefined
      },
    })
    it.start()
    it.start()
    await clock.advance(400)
    expect(at).toEqual([0, 130, 260, 390])
    await Promise.all([it.stop(), clock.advance(30)])
    await it.stop()
    expect(clock.waiting).toBe(0)
  })

  it('waits as long as the run asks for, and runs at once when kicked', async () => {
    const clock = manualClock()
    const at: number[] = []
    const it = loop({
      clock,
      everyMs: 100,
      onError: ignore,
      run: () => {
        at.push(clock.elapsed())
        return 1_000
      },
    })
    it.kick()
    expect(at).toEqual([])
    it.start()
    await clock.advance(300)
    it.kick()
    await clock.advance(1_000)
    expect(at).toEqual([0, 300, 1_300])
    await it.stop()
  })

  it('runs once more when kicked during a run', async () => {
    const clock = manualClock()
    let runs = 0
    const it = loop({
      clock,
      everyMs: 100,
      onError: ignore,
      run: async () => {
        runs++
        await pause(clock, 10)
        return undefined
      },
    })
    it.start()
    it.kick()
    it.kick()
    await clock.advance(25)
    expect(runs).toBe(2)
    await it.stop()
  })

  it('reports a run that throws and goes on', async () => {
    const clock = manualClock()
    const errors: unknown[] = []
    const it = loop({
      clock,
      everyMs: 100,
      onError: (error) => errors.push(error),
      run: () => {
        throw new Error('no')
      },
    })
    it.start()
    await clock.advance(250)
    expect(errors).toHaveLength(3)
    await it.stop()
  })

  it('can stop from within, and starts again after a stop that is still under way', async () => {
    const clock = manualClock()
    let runs = 0
    const it: Loop = loop({
      clock,
      everyMs: 100,
      onError: ignore,
      run: async (signal) => {
        runs++
        await pause(clock, 1_000, signal)
        return undefined
      },
    })
    it.start()
    await clock.advance(10)
    const stopping = it.stop()
    it.start()
    await stopping
    await clock.advance(10)
    expect(runs).toBe(2)
    await it.stop()
    await clock.advance(5_000)
    expect(runs).toBe(2)
  })
})

describe('pause', () => {
  it('tells a full wait from an aborted one and leaves no timer behind', async () => {
    const clock = manualClock()
    const stop = new AbortController()
    const whole = pause(clock, 50)
    const cut = pause(clock, 50, stop.signal)
    stop.abort()
    await clock.advance(50)
    expect(await Promise.all([whole, cut, pause(clock, 50, stop.signal)])).toEqual([true, false, false])
    expect(clock.waiting).toBe(0)
  })
})
