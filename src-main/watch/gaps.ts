import type { Sample } from '@shared/model/sample'

/** Steps may come late by this factor before they count as missing, as on a chart. */
const lateBy = 2.5

/** Pure: whether some time of the span was not watched. Samples are oldest first. */
export function hasGaps(
  samples: readonly Sample[],
  { from, to, stepMs }: { readonly from: number; readonly to: number; readonly stepMs: number },
): boolean {
  const longest = stepMs * lateBy
  let before = from
  for (const { at } of samples) {
    if (at - before > longest) return true
    before = at
  }
  return to - before > longest
}

/** Pure: the broker's record where there is no sample of our own within its step, which are better known. Both oldest first. */
export function withRecord(own: readonly Sample[], record: readonly Sample[]): readonly Sample[] {
  let next = 0
  const missing = record.filter(({ at, stepMs = 0 }) => {
    while (next < own.length && own[next]!.at <= at) next += 1
    const [before, after] = [own[next - 1], own[next]]
    return (!before || at - before.at >= stepMs) && (!after || after.at - at >= stepMs)
  })
  return missing.length === 0 ? own : [...missing, ...own].sort((a, b) => a.at - b.at)
}
