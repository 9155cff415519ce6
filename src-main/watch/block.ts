import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { metrics, type Sample } from '@shared/model/sample'

/** Samples that one row at rest holds. */
export const blockSize = 60

/**
 * Samples as bytes: their times after the first one's, then each metric's values, as 64-bit floats in columns (NaN for
 * unknown), deflated. Columns that hardly change shrink to almost nothing, and every value comes back exactly.
 */
export function packBlock(samples: readonly Sample[]): Uint8Array {
  const columns = new Float64Array(samples.length * (metrics.length + 1))
  const start = samples[0]?.at ?? 0
  for (const [row, sample] of samples.entries()) {
    columns[row] = sample.at - start
    for (let metric = 0; metric < metrics.length; metric += 1) {
      columns[(metric + 1) * samples.length + row] = sample.values[metric] ?? Number.NaN
    }
  }
  return deflateRawSync(new Uint8Array(columns.buffer), { level: 1 })
}

/** The other way; `start` and `n` stand beside the bytes in the row. Metrics that were added since are unknown. */
export function unpackBlock(packed: Uint8Array, { start, n }: { start: number; n: number }): readonly Sample[] {
  const bytes = inflateRawSync(packed)
  const columns = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
  return Array.from({ length: n }, (_, row) => ({
    at: start + (columns[row] ?? 0),
    values: metrics.map((_, metric) => {
      const value = columns[(metric + 1) * n + row]
      return value === undefined || Number.isNaN(value) ? null : value
    }),
  }))
}
