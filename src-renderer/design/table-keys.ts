export type TableKey = 'down' | 'up' | 'page-down' | 'page-up' | 'first' | 'last' | 'open' | 'mark'

interface KeyPress {
  readonly key: string
  readonly metaKey: boolean
  readonly ctrlKey: boolean
  readonly altKey: boolean
}

/** What a key means in a table; undefined when it means nothing there and must go on. */
export function tableKey({ key, metaKey, ctrlKey, altKey }: KeyPress): TableKey | undefined {
  if (metaKey || ctrlKey || altKey) return undefined
  return keys[key.length === 1 ? key.toLowerCase() : key]
}

const keys: Readonly<Record<string, TableKey>> = {
  j: 'down',
  ArrowDown: 'down',
  k: 'up',
  ArrowUp: 'up',
  PageDown: 'page-down',
  PageUp: 'page-up',
  Home: 'first',
  End: 'last',
  Enter: 'open',
  ' ': 'mark',
}
