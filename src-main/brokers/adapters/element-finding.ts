import { copyKey, type ElementId } from './element-id'
import type { Element, Measure, Sequence } from './element-sequence'

export interface Finding {
  /** In the order of the ids; null: not there, or not within the bound. */
  readonly elements: readonly (Element | null)[]
  readonly measure: Measure
  /** False where the sequence is longer than what was looked through: what was not found may still be there. */
  readonly isWhole: boolean
}

/** Elements and commands that are spent on finding some by their hashes; a command brings at most about 2 MB. */
const mostElements = 100_000
const mostLooks = 100
/** Around the place where it was seen. */
const slack = 50

/** Where elements stand now: near where they were seen last, else by looking through from the beginning. */
export async function findElements(sequence: Sequence, ids: readonly ElementId[], hints: Hints): Promise<Finding> {
  const measure = await sequence.measure()
  const claimed = new Map<number, Element>()
  const taken = new Set<number>()
  for (const [low, high] of rangesOf(sequence.key, { ids, hints, measure })) {
    const rows = await sequence.window(low, high)
    ids.forEach((id, index) => {
      if (claimed.has(index)) return
      const row = rows.find((each) => each.handle === id.handle && !taken.has(each.distance))
      if (!row) return
      claimed.set(index, row)
      taken.add(row.distance)
    })
    if (claimed.size === ids.length) break
  }
  await forgetMissingCopies(sequence, { ids, claimed, taken })
  const missing = ids.flatMap((id, index) => (claimed.has(index) ? [] : [{ id, index }]))
  const isWhole = missing.length === 0 || (await lookThrough(sequence, { missing, measure, claimed, taken }))
  return { elements: ids.map((_, index) => claimed.get(index) ?? null), measure, isWhole }
}

/** Where elements were seen last, by their sequence's key. Only a place to look first: forgetting costs a longer search. */
export class Hints {
  private readonly places = new Map<string, { readonly distance: number; readonly length: number }>()

  remember(key: string, elements: readonly (Element & { readonly copy: number })[], length: number): void {
    for (const element of elements) {
      const place = `${copyKey(element)} ${key}`
      this.places.delete(place)
      this.places.set(place, { distance: element.distance, length })
    }
    for (const oldest of this.places.keys()) {
      if (this.places.size <= mostHints) break
      this.places.delete(oldest)
    }
  }

  /** As it stood from either end: the one shifts with what is taken, the other with what is added. */
  placesOf(key: string, id: ElementId, length: number): readonly number[] {
    const seen = this.places.get(`${copyKey(id)} ${key}`)
    if (!seen) return []
    const shifted = seen.distance + length - seen.length
    return [seen.distance, shifted].filter((place) => place >= 0 && place < length)
  }
}

const mostHints = 50_000

/** Windows around the places where the ids were seen, those that touch as one. */
function rangesOf(
  key: string,
  { ids, hints, measure }: { readonly ids: readonly ElementId[]; readonly hints: Hints; readonly measure: Measure },
): readonly (readonly [low: number, high: number])[] {
  const places = [...new Set(ids.flatMap((id) => hints.placesOf(key, id, measure.length)))].sort((a, b) => a - b)
  const around = Math.min(slack, Math.floor((measure.perLook - 1) / 2))
  const ranges: [number, number][] = []
  for (const place of places) {
    const last = ranges.at(-1)
    const [low, high] = [Math.max(0, place - around), place + around]
    if (last && low <= last[1] + 1 && high - last[0] < measure.perLook) last[1] = high
    else ranges.push([last ? Math.max(low, last[1] + 1) : low, high])
  }
  return ranges.slice(0, mostLooks)
}

/** A third copy is there only while there are three. */
async function forgetMissingCopies(
  sequence: Sequence,
  { ids, claimed, taken }: { readonly ids: readonly ElementId[] } & Pick<Looking, 'claimed' | 'taken'>,
): Promise<void> {
  const copies = [...claimed].flatMap(([index, element]) => {
    const { copy } = ids[index]!
    return copy > 0 ? [{ index, element, copy }] : []
  })
  if (copies.length === 0 || !sequence.repeats) return
  const counts = await sequence.repeats(copies.map(({ element, copy }) => ({ element, atMost: copy + 1 })))
  copies.forEach(({ index, element, copy }, at) => {
    if (counts[at]! > copy) return
    claimed.delete(index)
    taken.delete(element.distance)
  })
}

interface Looking {
  readonly missing: readonly { readonly id: ElementId; readonly index: number }[]
  readonly measure: Measure
  readonly claimed: Map<number, Element>
  readonly taken: Set<number>
}

/** Claims what it meets; answers whether nothing was left out. */
async function lookThrough(sequence: Sequence, { missing, measure, claimed, taken }: Looking): Promise<boolean> {
  const wanted = new Map<string, { waiting: readonly Looking['missing'][number][]; seen: number; free: Element[] }>()
  for (const each of missing) {
    const { waiting = [] } = wanted.get(each.id.handle) ?? {}
    wanted.set(each.id.handle, { waiting: [...waiting, each], seen: 0, free: [] })
  }
  const bound = Math.min(mostElements, mostLooks * measure.perLook)
  for (let low = 0; low < bound && wanted.size > 0; low += measure.perLook) {
    const rows = await sequence.window(low, low + measure.perLook - 1)
    for (const row of rows) {
      const like = wanted.get(row.handle)
      if (!like) continue
      like.seen += 1
      if (!taken.has(row.distance)) like.free.push(row)
      // A third copy is there only while there are three.
      for (const each of like.waiting.filter(({ id }) => id.copy < like.seen)) {
        const free = like.free.shift()
        if (!free) break
        like.waiting = like.waiting.filter((other) => other !== each)
        claimed.set(each.index, free)
        taken.add(free.distance)
      }
      if (like.waiting.length === 0) wanted.delete(row.handle)
    }
    if (rows.length < measure.perLook) return true
  }
  return wanted.size === 0 || bound >= measure.length
}
