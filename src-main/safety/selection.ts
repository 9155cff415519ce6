import { Failure } from '@shared/failure'
import type { MessageSummary, Selection } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import { fingerprint } from '@shared/payload/fingerprint'
import type { Reader } from '../brokers/reader'

/** Rows asked for at once while a selection is walked. */
const pageRows = 500

/**
 * Walks what a person meant, in pages of rows, without changing anything. A selection of ids yields those that are still
 * in the state named. Ends early when the signal aborts.
 */
export async function* walkSelection(
  reader: Reader,
  queue: QueueAddress,
  selection: Selection,
  signal?: AbortSignal,
): AsyncGenerator<readonly MessageSummary[]> {
  if (selection.kind === 'ids') {
    yield await rowsOf(reader, queue, selection.ids, selection.state)
    return
  }
  const except = new Set(selection.except)
  let cursor: string | null = null
  do {
    if (signal?.aborted) return
    const page = await reader.browse(queue, { state: selection.state, cursor, limit: pageRows })
    const rows = page.items.filter((row) => !except.has(row.id) && isOfCause(row, selection.cause))
    if (rows.length > 0) yield rows
    cursor = page.nextCursor
  } while (cursor !== null)
}

export const isOfCause = (row: MessageSummary, cause: string | null): boolean =>
  cause === null || causeOf(row).key === cause

export const causeOf = (row: MessageSummary) => fingerprint(row.error ?? '')

async function rowsOf(
  reader: Reader,
  queue: QueueAddress,
  ids: readonly string[],
  state: Selection['state'],
): Promise<readonly MessageSummary[]> {
  const states = await reader.states(queue, ids)
  const present = ids.filter((_id, index) => states[index] === state)
  const rows: MessageSummary[] = []
  for (const id of present) {
    try {
      rows.push((await reader.inspect(queue, id)).summary)
    } catch (error) {
      // Gone between the two questions: it is simply not part of the selection any more.
      if (!(error instanceof Failure && error.code === 'gone')) throw error
    }
  }
  return rows
}
