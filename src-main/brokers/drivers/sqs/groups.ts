import { createHash, randomUUID } from 'node:crypto'

/** Messages without a group in a FIFO queue that lets each be its own. */
const aloneMark = 'queuescope.alone.'

/** The group for SQS, and the sender's name for it where that is another. */
export function groupSent(
  group: string | undefined,
  fifo: boolean,
): { readonly id?: string; readonly written?: string } {
  if (!fifo) return {}
  if (group === undefined) return { id: `${aloneMark}${randomUUID()}` }
  const id = printable(group, 'g-')
  return id === group ? { id } : { id, written: group }
}

/** The group as its sender called it; null where there is none. */
export function groupTold(groupId: string | undefined, written: string | undefined, fifo: boolean): string | null {
  if (!fifo || groupId === undefined || groupId.startsWith(aloneMark)) return null
  return written ?? groupId
}

/** 1 to 128 printable ASCII characters; anything else by its digest. Source: SendMessage. */
export const printable = (text: string, mark: string): string =>
  /^[!-~]{1,128}$/.test(text) && !text.startsWith(aloneMark)
    ? text
    : `${mark}${createHash('sha256').update(text).digest('hex')}`
