import type { Message } from './message'

/** A result is written only for somebody who will read it: the queue that keeps what is done, or a parent. */
export const keepsResultOf = (message: Message, result: unknown): boolean =>
  result !== undefined &&
  (message.leased.attributes.parent !== undefined || message.holder.context.rules.keepDone !== undefined)

const longestResult = 262_144

/**
 * JSON, or undefined with a report: the work is done, and it would be worse to do it again than to lose what it answered.
 */
export function resultOf({ id, holder }: Message, result: unknown): string | undefined {
  const { name, report } = holder.context
  try {
    const text = JSON.stringify(result)
    if (text === undefined || text.length <= longestResult) return text
    report(new Error(`Queue ${name}: the result of message ${id} is longer than ${longestResult} and was not kept.`))
  } catch (cause) {
    report(new Error(`Queue ${name}: the result of message ${id} is not JSON and was not kept.`, { cause }))
  }
  return undefined
}
