/** How far the work is: a share of the whole, and how its worker counts. */
export interface Progress {
  /** 0 to 1. */
  readonly share: number
  /** "3 of 8"; null for a mere percentage. */
  readonly done: number | null
  readonly total: number | null
}

/** A number of percent or {done, total}; null for any other JSON, which is shown as it is. */
export function progressOf(json: string): Progress | null {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return null
  }
  if (typeof value === 'number')
    return value >= 0 && value <= 100 ? { share: value / 100, done: null, total: null } : null
  if (typeof value !== 'object' || value === null || !('done' in value) || !('total' in value)) return null
  const { done, total } = value
  if (typeof done !== 'number' || typeof total !== 'number' || !(done >= 0 && total > 0 && done <= total)) return null
  return { share: done / total, done, total }
}

/** What "ID in QUEUE" names; ids hold no blank, names may. */
export function parentIn(fact: string): { readonly id: string; readonly queue: string } | null {
  const [, id, queue] = /^(\S+) in ([\s\S]+)$/.exec(fact) ?? []
  return id === undefined || queue === undefined ? null : { id, queue }
}
