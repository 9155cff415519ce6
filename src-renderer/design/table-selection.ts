/**
 * What is selected in a list that is never loaded whole. Either rows named one by one, or everything that matches with
 * some taken out: so "all 404, 12 excluded" costs 12 ids, however long the list is.
 */
export type TableSelection =
  | { readonly kind: 'some'; readonly keys: ReadonlySet<string> }
  | { readonly kind: 'all'; readonly except: ReadonlySet<string> }

export const nothing: TableSelection = { kind: 'some', keys: new Set() }
export const everything: TableSelection = { kind: 'all', except: new Set() }

export const isSelected = (selection: TableSelection, key: string): boolean =>
  selection.kind === 'some' ? selection.keys.has(key) : !selection.except.has(key)

/** `total` null: nobody knows how many there are, so neither does this. */
export function selectedCount(selection: TableSelection, total: number | null): number | null {
  if (selection.kind === 'some') return selection.keys.size
  return total === null ? null : Math.max(0, total - selection.except.size)
}

export const isEmptySelection = (selection: TableSelection): boolean =>
  selection.kind === 'some' && selection.keys.size === 0

export const toggle = (selection: TableSelection, key: string): TableSelection =>
  mark(selection, [key], !isSelected(selection, key))

/** Marks a run of rows as the row at its start was marked: what shift does in every list. */
export function mark(selection: TableSelection, keys: readonly string[], selected: boolean): TableSelection {
  if (selection.kind === 'some') {
    const next = new Set(selection.keys)
    for (const key of keys) {
      if (selected) next.add(key)
      else next.delete(key)
    }
    return { kind: 'some', keys: next }
  }
  const next = new Set(selection.except)
  for (const key of keys) {
    if (selected) next.delete(key)
    else next.add(key)
  }
  return { kind: 'all', except: next }
}

/** The keys from one row to another, both included, in the order shown. */
export function runBetween(keys: readonly string[], from: string, to: string): readonly string[] {
  const start = keys.indexOf(from)
  const end = keys.indexOf(to)
  if (start < 0 || end < 0) return [to]
  return keys.slice(Math.min(start, end), Math.max(start, end) + 1)
}
