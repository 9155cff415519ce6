import { Failure } from '@shared/failure'
import type { MessageState } from '@shared/model/message'
import type { Edit, ItemOutcome } from '../../remedies'
import { digestOf } from '../body-text'
import { handleOf, parseElementId } from '../element-id'
import { overwrite, type Put, transfer } from '../element-mending'
import { type DeclaredQueue, storeAt } from './context'
import { type Located, locate } from './locating'
import { placeOf, type RolePlace } from './places'
import { putInto } from './putting'
import { messageOf, type Stored } from './stored'
import { sequenceOf } from './stores'

/** dead becomes ready: what stands in the dead letters, or the message in it, goes where producers put it. */
export async function replayDeclared(queue: DeclaredQueue, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
  return await moveAll(queue, { ids, state: 'dead', to: need(queue, 'ready') })
}

/** From one role to another, each message in one step: found by its bytes, put there, then taken from here. */
export async function moveAll(
  queue: DeclaredQueue,
  { ids, state, to }: { readonly ids: readonly string[]; readonly state: MessageState; readonly to: RolePlace },
): Promise<readonly ItemOutcome[]> {
  const { located, isWhole } = await locate(queue, ids, state)
  const rows = located.flatMap((each, index) =>
    each?.stored ? [{ id: ids[index]!, place: each.place, stored: each.stored }] : [],
  )
  const puts = await putInto(
    queue,
    to,
    rows.map(({ place, stored }) => ({ bytes: messageOf({ place }, stored.bytes), stored })),
  )
  const outcomes = await transferAll(queue, { rows: rows.map((row, index) => ({ ...row, put: puts[index]! })), to })
  return inOrder(ids, located, { outcomes, isWhole, queue })
}

export async function removeDeclared(
  queue: DeclaredQueue,
  state: MessageState,
  ids: readonly string[],
): Promise<readonly ItemOutcome[]> {
  if (state === 'leased')
    return ids.map((id) => ({
      id,
      outcome: 'failed',
      reason: 'a worker may hold it: return it to the ready ones instead',
    }))
  const { located, isWhole } = await locate(queue, ids, state)
  const rows = located.flatMap((each, index) =>
    each?.stored ? [{ id: ids[index]!, place: each.place, stored: each.stored, put: [] }] : [],
  )
  const outcomes = await transferAll(queue, { rows, to: null })
  return inOrder(ids, located, { outcomes, isWhole, queue })
}

/** Writes other bytes where the message stands. An entry of a stream cannot be changed. */
export async function editDeclared(queue: DeclaredQueue, edit: Edit): Promise<ItemOutcome> {
  const { id, state, expectedDigest } = edit
  if (state === 'leased') return { id, outcome: 'failed', reason: 'a worker may hold it' }
  const place = placeOf(queue.declaration, queue.name, state)
  if (!place) return { id, outcome: 'gone' }
  if (place.role.type === 'stream')
    return { id, outcome: 'failed', reason: 'an entry of a stream cannot be changed: send a new one and discard this' }
  const first = await locate(queue, [id], state)
  // Whoever takes an edit back knows the message by what the edit made of it.
  const { located, isWhole } = first.located[0] ? first : await locate(queue, [expectedDigest.slice(0, 20)], state)
  const stored = located[0]?.stored
  if (!stored) return notFound(id, { isWhole, queue })
  if (digestOf(stored.bytes) !== expectedDigest) return changed(id)
  const outcome = await overwrite(
    queue.redis,
    { place: place.place, reach: stored.reach },
    { id, bytes: stored.bytes, at: stored.at, body: edit.body },
  )
  const parsed = parseElementId(id)
  if (outcome.outcome === 'applied' && parsed && place.role.type !== 'hash')
    queue.shelf.rename(sequenceOf(storeAt(queue, place)), parsed, { label: null, handle: handleOf(edit.body), copy: 0 })
  return outcome
}

/** The edited message becomes ready in the step that takes the dead one away. */
export async function replayEdited(queue: DeclaredQueue, { id, body, expectedDigest }: Edit): Promise<ItemOutcome> {
  const to = need(queue, 'ready')
  const { located, isWhole } = await locate(queue, [id], 'dead')
  const [found] = located
  if (!found?.stored) return notFound(id, { isWhole, queue })
  const { place, stored } = found
  if (digestOf(stored.bytes) !== expectedDigest) return changed(id)
  const [put] = await putInto(queue, to, [{ bytes: messageOf({ place }, Buffer.from(body)) }])
  const [outcome] = await transferAll(queue, { rows: [{ id, place, stored, put: put! }], to })
  return outcome!
}

const changed = (id: string): ItemOutcome => ({
  id,
  outcome: 'changed',
  reason: 'its bytes are others than those that were opened',
})

interface Row {
  readonly id: string
  readonly place: RolePlace
  readonly stored: Stored
  readonly put: Put
}

async function transferAll(
  { redis }: DeclaredQueue,
  { rows, to }: { readonly rows: readonly Row[]; readonly to: RolePlace | null },
): Promise<readonly ItemOutcome[]> {
  const [first] = rows
  if (!first) return []
  return await transfer(
    redis,
    { from: first.place.place, to: to?.place ?? null, reach: first.stored.reach },
    rows.map(({ id, stored, put }) => ({ id, bytes: stored.bytes, at: stored.at, put })),
  )
}

function inOrder(
  ids: readonly string[],
  located: readonly (Located | null)[],
  told: { readonly outcomes: readonly ItemOutcome[]; readonly isWhole: boolean; readonly queue: DeclaredQueue },
): readonly ItemOutcome[] {
  const rest = [...told.outcomes]
  return ids.map((id, index) => (located[index]?.stored ? rest.shift()! : notFound(id, told)))
}

const notFound = (
  id: string,
  { isWhole, queue }: { readonly isWhole: boolean; readonly queue: DeclaredQueue },
): ItemOutcome =>
  isWhole
    ? { id, outcome: 'gone' }
    : {
        id,
        outcome: 'failed',
        reason: `${queue.name} is too long to be looked through: act on it from where it is browsed`,
      }

export function need({ declaration, name }: DeclaredQueue, state: MessageState): RolePlace {
  const place = placeOf(declaration, name, state)
  if (place) return place
  throw new Failure({
    code: 'unsupported',
    message: `${name}: ${declaration.title} declares no place for messages that are ${state}.`,
    subject: name,
  })
}
