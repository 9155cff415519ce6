/** What stands in an answer of the management plugin, whose fields come and go with versions, tags and statistics. */
export function valueIn(record: unknown, name: string): unknown {
  return typeof record === 'object' && record !== null ? (record as Readonly<Record<string, unknown>>)[name] : undefined
}

export function textIn(record: unknown, name: string): string | null {
  const value = valueIn(record, name)
  return typeof value === 'string' ? value : null
}

export function numberIn(record: unknown, name: string): number | null {
  const value = valueIn(record, name)
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Arguments, definitions: an empty one travels as [] at times. */
export const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {}
