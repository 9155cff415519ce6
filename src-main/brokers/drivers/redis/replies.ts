import type { ReplayStep, SettleOutcome } from '../../driver-messages'

/** 0 or 1 for the whole of them, or a text of '1' and '0'. */
export function outcomesOf(reply: unknown, count: number): readonly SettleOutcome[] {
  if (typeof reply === 'number') return Array.from({ length: count }, () => (reply === 1 ? 'applied' : 'stale'))
  return marksOf(reply).map((applied) => (applied ? 'applied' : 'stale'))
}

export const marksOf = (reply: unknown): readonly boolean[] => [...String(reply)].map((mark) => mark === '1')

export const numbers = (reply: unknown): readonly number[] => (reply as unknown[]).map(Number)

export const momentOf = (ms: number): number | null => (ms < 0 ? null : ms)

export function stepOf(reply: unknown): ReplayStep {
  const [moved, before] = reply as [number, Buffer]
  const bound = String(before)
  return { moved, before: bound === '' ? null : bound }
}
