/** One instant of a chart: `values` stand in the order of the chart's series; null is a gap and stays one. */
export interface ChartPoint {
  readonly at: number
  readonly values: readonly (number | null)[]
  /** Set where this point's step is another than the chart's: so far it may stand from its neighbours without a gap. */
  readonly stepMs?: number
}

/** A thin vertical that explains a line. */
export interface ChartMark {
  readonly at: number
  readonly label: string
}
