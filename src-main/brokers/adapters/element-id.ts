import { createHash } from 'node:crypto'

/**
 * How an element of a list or a sorted set is known, which has no id of its own: by a hash of its bytes, and by which copy it is
 * where the same bytes stand there several times. Copies are one like another, so that it does not matter which is meant. The
 * label before it is for people: the id that its envelope tells. "order-7#0f3a…", "0f3a….2".
 */
export interface ElementId {
  readonly label: string | null
  readonly handle: string
  /** 0 for the first, next in line first. */
  readonly copy: number
}

/** 80 bits of the sha-256: two elements of a list of a million share one with a chance of 1 in 10^12. */
const handleDigits = 20
const longestLabel = 200

export const handleOf = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex').slice(0, handleDigits)

export function formatElementId({ label, handle, copy }: ElementId): string {
  const before = label !== null && label.length > 0 && label.length <= longestLabel ? `${label}#` : ''
  return `${before}${handle}${copy > 0 ? `.${copy}` : ''}`
}

/** null: no id that was given out. */
export function parseElementId(id: string): ElementId | null {
  const [, label, handle, copy] = /^(?:(.+)#)?([0-9a-f]{20})(?:\.([1-9]\d*))?$/s.exec(id) ?? []
  return handle === undefined ? null : { label: label ?? null, handle, copy: Number(copy ?? 0) }
}

export const copyKey = ({ handle, copy }: Pick<ElementId, 'handle' | 'copy'>): string => `${handle}.${copy}`
