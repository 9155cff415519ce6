import { randomBytes } from 'node:crypto'
import { Failure } from '@shared/failure'
import { z } from 'zod'
import type { Element, Sequence } from './element-sequence'

export interface PlacedElement extends Element {
  /** Of those with the same bytes that this listing has shown, how many came before. */
  readonly copy: number
}

export interface ElementPage {
  readonly elements: readonly PlacedElement[]
  readonly nextCursor: string | null
  readonly total: number
}

/**
 * The next elements of a sequence after a cursor. Elements have no ids, and while one looks others push at one end and pop at the
 * other: so a cursor holds the hashes of the last rows shown, and the page begins behind the place where these stand now. That
 * place and what follows it are read in one command, so that nothing can shift between them. Where those rows are gone, the page
 * begins behind whatever else this listing has shown, or at the beginning: nothing is skipped.
 */
export async function pageOf(
  sequence: Sequence,
  listings: Listings,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<ElementPage> {
  const { length, perLook } = await sequence.measure()
  const from = cursor === null ? null : parseCursor(cursor)
  const count = Math.min(limit, Math.max(1, Math.floor(perLook / 2)))
  const reach = Math.min(300, Math.max(1, Math.floor((perLook - count) / 2)))
  const rows = from
    ? await rowsAfter(sequence, { from, length, count, reach, perLook, shown: listings.shownBy(from.token) })
    : await sequence.window(0, Math.min(count, length))
  const shown = rows.slice(0, count)
  const token = from?.token ?? listings.begin()
  const elements = listings.count(token, shown)
  const last = shown.at(-1)
  if (!last || rows.length <= count) return { elements, nextCursor: null, total: length }
  const run = [...shown.map(({ handle }) => mark(handle)).slice(-runLength)]
  // A short page's rows stand behind those of the page before.
  const before = from ? from.run.slice(0, runLength - run.length) : []
  const nextCursor = JSON.stringify([token, last.distance, length, last.score, ...run.reverse(), ...before])
  return { elements, nextCursor, total: length }
}

/** Which bytes a listing has shown how often, so that copies on different pages are told apart. Forgotten ones repeat an id, no more. */
export class Listings {
  private readonly shown = new Map<string, Map<string, number>>()

  begin(): string {
    const token = randomBytes(6).toString('base64url')
    this.shown.set(token, new Map())
    for (const oldest of this.shown.keys()) {
      if (this.shown.size <= mostListings) break
      this.shown.delete(oldest)
    }
    return token
  }

  /** How often each handle was shown. */
  shownBy(token: string): ReadonlyMap<string, number> {
    return this.shown.get(token) ?? new Map()
  }

  count(token: string, elements: readonly Element[]): readonly PlacedElement[] {
    const counts = this.shown.get(token) ?? new Map<string, number>()
    return elements.map((element) => {
      const copy = counts.get(element.handle) ?? 0
      if (counts.size < mostCounted || copy > 0) counts.set(element.handle, copy + 1)
      return { ...element, copy }
    })
  }
}

const mostListings = 8
/** Elements of one listing whose bytes are remembered; about 5 MB. */
const mostCounted = 50_000
/** Rows whose hashes a cursor holds: the chance that a like run stands elsewhere falls with each. */
const runLength = 6
/** So many in a row are not looked for any further. */
const sureRun = 3
/** Looks that are spent on finding the rows again. */
const mostLooks = 40

/** Enough of a handle to know a row by among its neighbours. */
const mark = (handle: string): string => handle.slice(0, 12)

interface From {
  readonly token: string
  readonly distance: number
  readonly length: number
  readonly score: string | null
  /** Last row first. */
  readonly run: readonly string[]
}

const Cursor = z
  .tuple([z.string(), z.number().int().min(0), z.number().int().min(0), z.string().nullable()])
  .rest(z.string())

function parseCursor(text: string): From {
  try {
    const [token, distance, length, score, ...run] = Cursor.parse(JSON.parse(text))
    return { token, distance, length, score, run }
  } catch {
    throw new Failure({ code: 'bad-input', message: 'this place in the list is not one that was given out' })
  }
}

interface Search {
  readonly from: From
  readonly length: number
  readonly count: number
  readonly reach: number
  readonly perLook: number
  /** Handles that this listing has shown. */
  readonly shown: ReadonlyMap<string, number>
}

/** Up to `count` + 1 rows behind the place of the cursor's rows. */
async function rowsAfter(sequence: Sequence, search: Search): Promise<readonly Element[]> {
  const { from, count, reach } = search
  let best: { readonly score: number; readonly at: number } | null = null
  for (const center of await centers(sequence, search)) {
    const low = Math.max(0, center - reach)
    const high = center + reach + count + 1
    const rows = await sequence.window(low, high)
    const found = alignment(rows, from.run, center - low)
    if (low === 0 && !found && (await isAllTaken(sequence, rows, search))) return rows.slice(0, count + 1)
    if (!found) continue
    if (!best || found.score > best.score) best = { score: found.score, at: low + found.index + 1 }
    // At the very beginning fewer may be left of those that stood before.
    const left = low === 0 ? found.index + 1 : Number.POSITIVE_INFINITY
    if (found.score < Math.min(from.run.length, sureRun, reach + 1, left)) continue
    const after = rows.slice(found.index + 1)
    if (after.length > count || rows.length < high - low + 1) return after.slice(0, count + 1)
    // What was found near the window's end is read again from where it stands, with it in sight.
    return await again(sequence, { at: low + found.index, expected: rows[found.index]!, count, reach })
  }
  const at = best?.at ?? (from.score === null ? undefined : await sequence.distanceOf?.(from.score))
  return at === undefined ? await behindShown(sequence, search) : await sequence.window(at, at + count)
}

/** What was shown is left at neither end of a list: it was taken, and the rest is to be shown. */
async function isAllTaken(
  sequence: Sequence,
  rows: readonly Element[],
  { from, shown, length }: Search,
): Promise<boolean> {
  if (from.score !== null || shown.size === 0 || rows.some(({ handle }) => shown.has(handle))) return false
  const [last] = await sequence.window(length - 1, length - 1)
  return last !== undefined && !shown.has(last.handle)
}

/** What stands behind all that this listing has shown; from the beginning where nothing of that is left. */
async function behindShown(sequence: Sequence, { shown, length, count, perLook }: Search): Promise<readonly Element[]> {
  let behind = 0
  let wasShown = true
  for (let low = 0; low < Math.min(length, mostLooks * perLook); low += perLook) {
    for (const { handle, distance } of await sequence.window(low, low + perLook - 1)) {
      const isShown = shown.has(handle)
      // Of two in a row, lest a copy of something be taken for it.
      if (isShown && wasShown) behind = distance + 1
      wasShown = isShown
    }
  }
  return await sequence.window(behind, behind + count)
}

async function again(
  sequence: Sequence,
  { at, expected, count, reach }: { at: number; expected: Element; count: number; reach: number },
): Promise<readonly Element[]> {
  const low = Math.max(0, at - Math.min(reach, 50))
  const rows = await sequence.window(low, at + count + 1)
  const nearest = nearestIndex(rows, (row) => row.handle === expected.handle, at - low)
  return nearest === null ? await sequence.window(at, at + count) : rows.slice(nearest + 1, nearest + count + 2)
}

/** Where the last row may stand now, likeliest first: as it stood from either end, then outwards from there. */
async function centers(sequence: Sequence, { from, length, reach }: Search): Promise<readonly number[]> {
  const clamp = (distance: number) => Math.max(0, Math.min(distance, length - 1))
  const shifted = from.distance + length - from.length
  const hints = [clamp(from.distance), clamp(shifted)]
  if (from.score !== null && sequence.distanceOf) hints.unshift(clamp(await sequence.distanceOf(from.score)))
  const places = new Set(hints)
  const nearest = Math.min(...hints)
  const farthest = Math.max(...hints)
  for (let step = 1; places.size < mostLooks; step += 1) {
    const [near, far] = [nearest - step * 2 * reach, farthest + step * 2 * reach]
    if (near + reach < 0 && far - reach > length) break
    if (near + reach >= 0) places.add(clamp(near))
    if (far - reach <= length) places.add(clamp(far))
  }
  return [...places]
}

/**
 * Pure: the row that is the cursor's last one, or the best of those before it where that was taken away; the more of the
 * cursor's rows stand before it in their order the better, then the nearer to where it is expected.
 */
export function alignment(
  rows: readonly Pick<Element, 'handle'>[],
  run: readonly string[],
  expected: number,
): { readonly index: number; readonly score: number } | null {
  let best: { index: number; score: number } | null = null
  for (let index = 0; index < rows.length; index += 1) {
    for (let missing = 0; missing < run.length; missing += 1) {
      if (run[missing] !== mark(rows[index]!.handle)) continue
      let score = 1
      while (
        missing + score < run.length &&
        index - score >= 0 &&
        run[missing + score] === mark(rows[index - score]!.handle)
      )
        score += 1
      const isNearer =
        best !== null && score === best.score && Math.abs(index - expected) < Math.abs(best.index - expected)
      if (!best || score > best.score || isNearer) best = { index, score }
    }
  }
  return best
}

function nearestIndex<Row>(rows: readonly Row[], isIt: (row: Row) => boolean, expected: number): number | null {
  let best: number | null = null
  rows.forEach((row, index) => {
    if (isIt(row) && (best === null || Math.abs(index - expected) < Math.abs(best - expected))) best = index
  })
  return best
}
