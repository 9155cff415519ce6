import { type Finding, findElements, Hints } from './element-finding'
import { copyKey, type ElementId } from './element-id'
import { type ElementPage, Listings, pageOf } from './element-pages'
import type { Element, ListEnd, Sequence } from './element-sequence'

/** What one adapter remembers of the elements it has shown: where they stood, which copy each was, and what edits made of them. */
export class Shelf {
  private readonly listings = new Listings()
  private readonly hints = new Hints()
  private readonly edited = new Map<string, ElementId>()

  async page(
    sequence: Sequence,
    request: { readonly cursor: string | null; readonly limit: number },
  ): Promise<ElementPage> {
    const page = await pageOf(sequence, this.listings, request)
    this.hints.remember(sequence.key, page.elements, page.total)
    // An id that is given out again means what it was given out for.
    for (const element of page.elements) this.edited.delete(placeKey(sequence, element))
    return page
  }

  /** An element that was edited from here is found by the id that it had before, too. */
  find(sequence: Sequence, ids: readonly ElementId[]): Promise<Finding> {
    return findElements(
      sequence,
      ids.map((id) => this.edited.get(placeKey(sequence, id)) ?? id),
      this.hints,
    )
  }

  rename(sequence: Sequence, from: ElementId, to: ElementId): void {
    this.edited.set(placeKey(sequence, from), to)
    for (const oldest of this.edited.keys()) {
      if (this.edited.size <= mostEdited) break
      this.edited.delete(oldest)
    }
  }
}

const mostEdited = 10_000

const placeKey = ({ key }: Sequence, id: Pick<ElementId, 'handle' | 'copy'>): string => `${copyKey(id)} ${key}`

/** An element's index from either end, as Redis counts them: one of the two stays while the list changes at one end only. */
export const indexesOf = (from: ListEnd, { distance }: Element, length: number): readonly [number, number] =>
  from === 'left' ? [distance, distance - length] : [-(distance + 1), length - 1 - distance]

/** Elements around a hint that the server looks at to find one again. */
export const reachOf = (perLook: number): number => Math.min(256, Math.floor(perLook / 2))
