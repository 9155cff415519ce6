/** Totals of one queue as they were counted at one instant. */
export interface Counted {
  readonly at: number
  readonly enqueuedTotal: number | null
  readonly ackedTotal: number | null
}

export interface Rates {
  readonly inPerSecond: number | null
  readonly outPerSecond: number | null
  /** The queue was emptied of its past: what was counted before does not go on. */
  readonly reset: boolean
}

const unknown: Rates = { inPerSecond: null, outPerSecond: null, reset: false }

/**
 * Messages per second between two countings. Never negative, and nothing is invented: unknown for the first counting,
 * across a gap longer than `longestStepMs`, and across a reset. A reset is a falling `enqueuedTotal`; `ackedTotal` alone may
 * fall where it is an approximation (undo puts messages back), and then only the rate out is unknown for this step.
 */
export function ratesBetween(before: Counted | undefined, now: Counted, longestStepMs: number): Rates {
  if (!before) return unknown
  const reset = before.enqueuedTotal !== null && now.enqueuedTotal !== null && now.enqueuedTotal < before.enqueuedTotal
  const stepMs = now.at - before.at
  if (reset || stepMs <= 0 || stepMs > longestStepMs) return { ...unknown, reset }
  return {
    inPerSecond: perSecond(before.enqueuedTotal, now.enqueuedTotal, stepMs),
    outPerSecond: perSecond(before.ackedTotal, now.ackedTotal, stepMs),
    reset: false,
  }
}

function perSecond(before: number | null, now: number | null, stepMs: number): number | null {
  if (before === null || now === null || now < before) return null
  return ((now - before) * 1000) / stepMs
}
