import type { MessageState, Selection } from '@shared/model/message'
import type { TableSelection } from '../design/table-selection'

/** The wire carries at most this many ids, to select or to leave out. */
export const idsAtMost = 1000

export interface SelectionScope {
  readonly state: MessageState
  /** One error fingerprint, or all. */
  readonly cause: string | null
}

/** What a person has marked, as the query that the core will answer; or why it cannot be said. */
export function toSelection(
  marked: TableSelection,
  { state, cause }: SelectionScope,
): { readonly ok: true; readonly selection: Selection } | { readonly ok: false; readonly why: string } {
  if (marked.kind === 'some') {
    const ids = [...marked.keys]
    if (ids.length === 0) return { ok: false, why: 'Select messages first.' }
    if (ids.length > idsAtMost) {
      return { ok: false, why: 'More than 1 000 single messages: select all, then take out what shall stay.' }
    }
    return { ok: true, selection: { kind: 'ids', state, ids } }
  }
  const except = [...marked.except]
  if (except.length > idsAtMost) return { ok: false, why: 'More than 1 000 are left out: select fewer instead.' }
  return { ok: true, selection: { kind: 'all', state, cause, except } }
}
