import { Cron } from 'croner'

/** When a schedule ticks. Pure: the time is given. Intervals count from `startAt`, or from 1970, so that all who know it agree. */
export interface Timing {
  /** Five or six fields (seconds first), or @daily and the like. */
  readonly cron?: string
  readonly everyMs?: number
  /** IANA name, for cron; default UTC, as servers should not differ. */
  readonly timeZone?: string
  /** No tick before it. */
  readonly startAt?: number
  /** No tick after it. */
  readonly endAt?: number
}

export type CatchUp = 'none' | 'one' | 'all'

export interface Tick {
  /** Times to enqueue for, oldest first. */
  readonly times: readonly number[]
  /** null: it has ticked for the last time. */
  readonly nextAt: number | null
}

/** A tick that is not older came in time. */
const punctualMs = 60_000
/** What one outage is caught up with at most, and what one call enqueues of it. */
const mostCaughtUp = 1_000
const mostPerCall = 100

/** What a schedule that stands at `nextAt` does at `now`: missed ticks are skipped, made one of, or made up for in order. */
export function tickOf(timing: Timing, catchUp: CatchUp, { nextAt, now }: { nextAt: number; now: number }): Tick {
  const due = ticksFrom(timing, nextAt, now, catchUp === 'all' ? mostCaughtUp : 1)
  switch (catchUp) {
    case 'none': {
      const times = due.filter((time) => now - time <= punctualMs)
      return { times, nextAt: nextTick(timing, now) }
    }
    case 'one':
      return { times: due, nextAt: nextTick(timing, now) }
    case 'all': {
      const times = due.slice(0, mostPerCall)
      return { times, nextAt: due[mostPerCall] ?? nextTick(timing, now) }
    }
  }
}

/** The first tick after `after`; null: there is none. Throws where the cron text or the zone cannot be read. */
export function nextTick(timing: Timing, after: number): number | null {
  const { startAt = 0, endAt = Number.POSITIVE_INFINITY } = timing
  const from = Math.max(after, startAt - 1)
  const next =
    timing.everyMs === undefined ? cronOf(timing).nextRun(new Date(from))?.getTime() : intervalAfter(timing, from)
  return next !== undefined && next <= endAt ? next : null
}

/** The time of the `count`th tick after `after`, or of the last one before that. */
export function nthTick(timing: Timing, after: number, count: number): number | null {
  const { everyMs } = timing
  const first = nextTick(timing, after)
  if (first === null) return null
  if (everyMs !== undefined) return Math.min(first + (count - 1) * everyMs, timing.endAt ?? Number.POSITIVE_INFINITY)
  let at = first
  for (let n = 1; n < count; n++) {
    const next = nextTick(timing, at)
    if (next === null) return at
    at = next
  }
  return at
}

/**
 * The newest `count` ticks from `nextAt` to `now`, oldest first; at least `nextAt`, which stands for one also when it is no
 * tick of this timing any more.
 */
function ticksFrom(timing: Timing, nextAt: number, now: number, count: number): readonly number[] {
  // Nearly always there is one: only who comes late looks back.
  const second = nextTick(timing, nextAt)
  if (second === null || second > now) return [nextAt]
  const found = ticksBefore(timing, now, count).filter((time) => time >= nextAt)
  return found.length === 0 ? [nextAt] : found
}

/** The newest `count` ticks up to and with `now`, oldest first. */
function ticksBefore(timing: Timing, now: number, count: number): readonly number[] {
  const { everyMs, startAt = 0, endAt = Number.POSITIVE_INFINITY } = timing
  const until = Math.min(now, endAt)
  const found: number[] = []
  if (everyMs !== undefined) {
    for (let at = intervalAfter(timing, until) - everyMs; at >= startAt && found.length < count; at -= everyMs)
      found.push(at)
    return found.reverse()
  }
  // Croner counts in seconds: one more is asked for, and what is too new left out.
  const runs = cronOf(timing).previousRuns(count + 1, new Date(until + 1_000))
  return runs
    .map((run) => run.getTime())
    .filter((at) => at >= startAt && at <= until)
    .sort((a, b) => a - b)
    .slice(-count)
}

function intervalAfter({ everyMs = 1, startAt = 0 }: Timing, after: number): number {
  return startAt + (Math.floor((after - startAt) / everyMs) + 1) * everyMs
}

/** Never started: it only computes. */
const cronOf = ({ cron = '', timeZone = 'UTC' }: Timing): Cron => new Cron(cron, { timezone: timeZone, paused: true })
