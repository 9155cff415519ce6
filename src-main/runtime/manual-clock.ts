import type { Clock } from './clock'

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves time on by `ms`, firing what falls due on the way in order of due time; lets promises settle in between. */
  advance(ms: number): Promise<void>
  /** Timers that wait now. */
  readonly waiting: number
}

export function manualClock(startAt = 1_700_000_000_000): ManualClock {
  let now = startAt
  let sequence = 0
  const timers = new Map<number, { readonly at: number; readonly act: () => void }>()

  const nextDue = (until: number) =>
    [...timers].filter(([, timer]) => timer.at <= until).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0]

  return {
    now: () => now,
    elapsed: () => now - startAt,
    after(ms, act) {
      const id = sequence++
      timers.set(id, { at: now + Math.max(ms, 0), act })
      return () => void timers.delete(id)
    },
    async advance(ms) {
      const until = now + ms
      await settled()
      for (let due = nextDue(until); due; due = nextDue(until)) {
        const [id, timer] = due
        timers.delete(id)
        now = timer.at
        timer.act()
        await settled()
      }
      now = until
    },
    get waiting() {
      return timers.size
    },
  }
}

/** setImmediate runs after every microtask that stands in line, however deep the chain. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
