import { metrics, type Sample } from '@shared/model/sample'

export interface Level {
  readonly stepMs: number
  readonly keepMs: number
}

const hour = 3_600_000

/** How samples age: each level holds one sample per step, the mean of what fell into it, for as long as is said. */
export const levels: readonly Level[] = [
  { stepMs: 1_000, keepMs: hour },
  { stepMs: 10_000, keepMs: 24 * hour },
  { stepMs: 60_000, keepMs: 30 * 24 * hour },
]

/** The finest level that reaches back to `from`, or a coarser one when the answer needs no finer step. */
export function levelFor(span: { readonly from: number; readonly stepMs: number; readonly now: number }): number {
  const reaches = levels.findIndex((level) => span.now - span.from <= level.keepMs)
  const oldest = reaches < 0 ? levels.length - 1 : reaches
  const coarse = levels.findLastIndex((level) => level.stepMs <= span.stepMs)
  return Math.max(oldest, coarse)
}

/** Gathers samples into steps of one length; a sample of the next step closes the one before. */
export class Steps {
  private step: number | undefined
  private count = 0
  private readonly sums = new Float64Array(metrics.length)
  private readonly known = new Float64Array(metrics.length)

  constructor(private readonly stepMs: number) {}

  /** The finished step before this sample's, if there is one. */
  add(sample: Sample): Sample | undefined {
    const step = Math.floor(sample.at / this.stepMs) * this.stepMs
    const finished = this.step !== undefined && this.step !== step ? this.close() : undefined
    this.step = step
    this.count += 1
    for (let metric = 0; metric < metrics.length; metric += 1) {
      const value = sample.values[metric] ?? null
      if (value === null) continue
      this.sums[metric]! += value
      this.known[metric]! += 1
    }
    return finished
  }

  /** What is gathered so far, as a sample at its step's start; undefined when nothing is. */
  close(): Sample | undefined {
    if (this.step === undefined || this.count === 0) return undefined
    const values = metrics.map((_, metric) => (this.known[metric] ? this.sums[metric]! / this.known[metric]! : null))
    const sample = { at: this.step, values }
    this.step = undefined
    this.count = 0
    this.sums.fill(0)
    this.known.fill(0)
    return sample
  }
}

/** Means per step of samples that are in order; a step without a sample stays missing. */
export function downsample(samples: readonly Sample[], stepMs: number): readonly Sample[] {
  const steps = new Steps(stepMs)
  const finished = samples.flatMap((sample) => steps.add(sample) ?? [])
  const last = steps.close()
  return last ? [...finished, last] : finished
}
