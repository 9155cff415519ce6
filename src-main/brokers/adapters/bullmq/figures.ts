import type { Reading } from '../../reader'

/** What is read of one queue, by script or by plain commands. */
export interface Figures {
  readonly ready: number
  readonly active: number
  readonly delayed: number
  readonly waitingChildren: number
  readonly failed: number
  readonly completed: number
  readonly idCounter: number
  readonly paused: boolean
  readonly oldestReadyMs: number | null
}

/**
 * Jobs that wait for their children are counted neither as ready nor as delayed: no worker can take them, no time
 * makes them due, and the children they wait for are counted where they stand. They count as alive for `ackedTotal`.
 *
 * `ackedTotal` is an approximation: ids given out minus jobs that live. Rejected duplicates and jobs removed by hand
 * count as finished; a job put back by undo takes one off again.
 */
export function readingOf(figures: Figures): Reading {
  const { ready, active, delayed, waitingChildren, failed, completed, idCounter, paused, oldestReadyMs } = figures
  const alive = ready + active + delayed + waitingChildren + failed
  return {
    ready,
    leased: active,
    delayed,
    dead: failed,
    done: completed,
    oldestReadyMs,
    paused,
    enqueuedTotal: idCounter,
    ackedTotal: Math.max(0, idCounter - alive),
    waitBuckets: null,
    trouble: null,
  }
}
