import { appendFileSync } from 'node:fs'

/**
 * The same tests run small in CI and in full by `npm run torture`, which sets QUEUESCOPE_TORTURE and reads what each of them
 * tells. A seed that it prints runs the same again: `QUEUESCOPE_SEED=123 npm run torture`.
 */
export const sized = <Size>({ ci, full }: { readonly ci: Size; readonly full: Size }): Size =>
  process.env.QUEUESCOPE_TORTURE === undefined ? ci : full

export const seed = Number(process.env.QUEUESCOPE_SEED ?? Math.floor(Math.random() * 2 ** 31))

/** A line of the torture's table. */
export interface TortureRow {
  readonly what: string
  readonly runs: number
  readonly messages: number
  /** Confirmed and not there any more, without having been worked. */
  readonly lost: number
  /** In two places at once, or worked more often than its leases explain. */
  readonly doubled: number
  readonly note?: string
}

export function tell(row: TortureRow): void {
  const report = process.env.QUEUESCOPE_TORTURE
  if (report) appendFileSync(report, `${JSON.stringify({ ...row, seed })}\n`)
}

/** Numbers below `most`, the same for the same seed (mulberry32). */
export function randomOf(start: number): (most: number) => number {
  let state = start >>> 0
  return (most) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * most)
  }
}
