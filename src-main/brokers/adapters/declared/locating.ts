import type { MessageState } from '@shared/model/message'
import { parseElementId } from '../element-id'
import { type DeclaredQueue, storeAt } from './context'
import { placesOf, type RolePlace, workingGroup } from './places'
import type { Stored } from './stored'
import { storeFind, storePage } from './stores'
import { findWorked } from './stream-store'

export interface Located {
  readonly state: MessageState
  readonly place: RolePlace
  /** null: a pending entry whose body was trimmed. */
  readonly stored: Stored | null
  /** Who holds a pending entry: XPENDING's row. */
  readonly holder: readonly unknown[] | null
}

/** In the direction in which messages move, so that one on its way is met at its new place. */
const order: readonly RolePlace['name'][] = ['dead', 'delayed', 'ready', 'processing', 'log']

/** Where messages stand, by their exact bytes. `isWhole` false: more stands there than was looked through. */
export async function locate(
  queue: DeclaredQueue,
  ids: readonly string[],
  only?: MessageState,
): Promise<{ readonly located: readonly (Located | null)[]; readonly isWhole: boolean }> {
  const { declaration, name } = queue
  const located = new Map<string, Located>()
  let isWhole = true
  const places = placesOf(declaration, name)
  const missing = () => [...new Set(ids.filter((id) => !located.has(id)))]
  for (const role of order) {
    const place = places.find((each) => each.name === role)
    const wanted = missing()
    if (place && wanted.length > 0 && (only === undefined || place.state === only)) {
      const found = await storeFind(storeAt(queue, place), wanted)
      isWhole &&= found.isWhole
      wanted.forEach((id, index) => {
        const stored = found.rows[index]
        if (stored) located.set(id, { state: place.state, place, stored, holder: null })
      })
    }
    if (role === 'ready' && (only === undefined || only === 'leased')) await locateWorked(queue, missing(), located)
  }
  return { located: ids.map((id) => located.get(id) ?? null), isWhole }
}

async function locateWorked(
  queue: DeclaredQueue,
  ids: readonly string[],
  located: Map<string, Located>,
): Promise<void> {
  const group = workingGroup(queue.declaration, queue.name)
  const place = placesOf(queue.declaration, queue.name).find(({ name }) => name === 'ready')
  if (!group || !place || ids.length === 0) return
  const worked = await findWorked(storeAt(queue, place), group, ids)
  ids.forEach((id, index) => {
    const found = worked[index]
    if (found) located.set(id, { state: 'leased', place, stored: found.entry, holder: found.holder })
  })
}

/** Rows looked at for a message that is known by its own id and has other bytes by now: the newest of each place. */
const labelRows = 500

/**
 * A worker that fails a message writes other bytes: what is not found by its bytes is looked for by its own id, among what died, was
 * delayed or was taken last. What is not found in a place too long to be looked through counts as ready.
 */
export async function statesOf(
  queue: DeclaredQueue,
  ids: readonly string[],
): Promise<readonly (MessageState | null)[]> {
  const { located, isWhole } = await locate(queue, ids)
  const missing = ids.filter((_, index) => !located[index])
  const labels = new Set(missing.flatMap((id) => parseElementId(id)?.label ?? []))
  const states = new Map<string, MessageState>()
  if (labels.size > 0)
    for (const place of placesOf(queue.declaration, queue.name)) {
      if (place.name === 'ready' || place.name === 'log') continue
      const { rows } = await storePage(storeAt(queue, place), { cursor: null, limit: labelRows })
      for (const { envelope } of rows)
        if (envelope.id !== null && labels.has(envelope.id)) states.set(envelope.id, place.state)
    }
  return ids.map((id, index) => {
    const found = located[index]
    if (found) return found.state
    const parsed = parseElementId(id)
    if (!parsed) return null
    return states.get(parsed.label ?? '') ?? (isWhole ? null : 'ready')
  })
}
