import { type Cancel, type Clock, systemClock } from './clock'

/**
 * One recurring act. States: idle -> (start) -> running <-> waiting -> (stop) -> idle. Runs never overlap. A run that
 * throws is reported and the loop goes on; starting or stopping twice is harmless, and a stopped loop may start again.
 */
export interface Loop {
  /** Runs at once, then again and again. */
  start(): void
  /** Runs at once when waiting, once more when running now, not at all when stopped. */
  kick(): void
  /** Aborts the signal of the run under way, and resolves when it has ended. */
  stop(): Promise<void>
}

export interface LoopOptions {
  /** Between the end of a run and the start of the next. */
  readonly everyMs: number
  /** Answers how long to wait before the next run, when that is not `everyMs`. */
  readonly run: (signal: AbortSignal) => Promise<number | undefined> | number | undefined
  readonly onError: (error: unknown) => void
  readonly clock?: Clock
}

export function loop({ everyMs, run, onError, clock = systemClock }: LoopOptions): Loop {
  let life: AbortController | undefined
  let running: Promise<void> | undefined
  let cancelWait: Cancel | undefined
  let again = false

  const turn = (own: AbortController) => {
    cancelWait = undefined
    again = false
    running = once(own.signal).then((waitMs) => {
      running = undefined
      if (own.signal.aborted) {
        // Started anew while the last run was still ending.
        if (life) turn(life)
        return
      }
      if (again) turn(own)
      else cancelWait = clock.after(waitMs, () => turn(own))
    })
  }

  const once = async (signal: AbortSignal): Promise<number> => {
    try {
      return (await run(signal)) ?? everyMs
    } catch (error) {
      if (!signal.aborted) onError(error)
      return everyMs
    }
  }

  return {
    start() {
      if (life) return
      life = new AbortController()
      if (running === undefined) turn(life)
    },
    kick() {
      if (!life) return
      if (running !== undefined) again = true
      else {
        cancelWait?.()
        turn(life)
      }
    },
    async stop() {
      life?.abort()
      life = undefined
      cancelWait?.()
      cancelWait = undefined
      await running
    },
  }
}
