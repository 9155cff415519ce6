import { parseElementId } from '../element-id'
import { type Element, listSequence, type Sequence, sortedSequence } from '../element-sequence'
import { indexesOf, reachOf } from '../element-shelf'
import { findInHash, hashPage } from './hash-store'
import { shownFirst, shownFrom } from './places'
import { envelopeOf, idOf, type StoreAt, type Stored, type StoredFinding, type StoredPage } from './stored'
import { findInStream, streamPage } from './stream-store'

/** One page of a role, in the order in which a person wants to see it. */
export async function storePage(
  at: StoreAt,
  request: { readonly cursor: string | null; readonly limit: number },
): Promise<StoredPage> {
  const { role } = at.place
  if (role.type === 'hash') return await hashPage(at, request)
  if (role.type === 'stream') return await streamPage(at, request)
  const { elements, nextCursor, total } = await at.shelf.page(sequenceOf(at), request)
  const rows = elements.map((element) => storedOf(at, element, { copy: element.copy, length: total, reach: 0 }))
  return { rows, nextCursor, total }
}

/** Those of the ids that stand in this role now. */
export async function storeFind(at: StoreAt, ids: readonly string[]): Promise<StoredFinding> {
  const { role } = at.place
  if (role.type === 'hash') return await findInHash(at, ids)
  if (role.type === 'stream') return await findInStream(at, ids)
  const parsed = ids.map(parseElementId)
  const known = parsed.flatMap((id) => id ?? [])
  const { elements, measure, isWhole } = await at.shelf.find(sequenceOf(at), known)
  const rest = [...elements]
  const rows = parsed.map((id, index) => {
    const element = id === null ? null : (rest.shift() ?? null)
    if (!id || !element) return null
    const placed = { copy: id.copy, length: measure.length, reach: reachOf(measure.perLook) }
    return { ...storedOf(at, element, placed), id: ids[index]! }
  })
  return { rows, isWhole }
}

export function sequenceOf({ redis, place }: StoreAt): Sequence {
  const { key } = place.place
  return place.role.type === 'zset'
    ? sortedSequence(redis, key, shownFirst(place))
    : listSequence(redis, key, shownFrom(place))
}

function storedOf(
  at: StoreAt,
  element: Element,
  { copy, length, reach }: { readonly copy: number; readonly length: number; readonly reach: number },
): Stored {
  const { bytes, score } = element
  const envelope = envelopeOf(at, { bytes, fields: [] })
  return {
    id: idOf(envelope, bytes, copy),
    bytes,
    fields: [],
    at: at.place.role.type === 'list' ? indexesOf(shownFrom(at.place), element, length) : ['', ''],
    score,
    envelope,
    addedAt: null,
    reach,
  }
}
