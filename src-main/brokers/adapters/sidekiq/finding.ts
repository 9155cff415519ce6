import type { RedisClient } from '../../clients/redis'
import { handleOf } from '../element-id'
import type { Element, Measure } from '../element-sequence'
import { ask, askOne, type Command, listOf, pairsOf, textOf } from '../redis-asking'
import type { Place } from './places'
import type { SeenJobs, SeenPlace } from './seen-jobs'
import { type FoundJob, unknownDistance, WantedJobs } from './wanted-jobs'

export interface Search {
  /** In the order of the ids; null: not there, or beyond the bound. */
  readonly jobs: readonly (FoundJob | null)[]
  readonly measure: Measure
  /** False: there is more than was looked through, and what was not found may be among it. */
  readonly isWhole: boolean
}

/** Jobs that are read through for some ids, next in line first, and commands that are spent on it; each brings about 2 MB at most. */
const mostRead = 20_000
const mostLooks = 40
/** A set is scanned by the server itself for so few ids: each time through up to 100,000 members, 1,000 a command. */
const fewIds = 4
const mostScans = 100
const scanCount = 1_000
/** Around the place where a job was seen. */
const slack = 50

/** Jobs by their ids: where they were seen last, else by looking through, within bounds. Sidekiq has no index by jid. */
export async function findJobs(
  redis: RedisClient,
  place: Place,
  { ids, seen }: { readonly ids: readonly string[]; readonly seen: SeenJobs },
): Promise<Search> {
  const measure = await place.sequence.measure()
  const search = new WantedJobs(ids)
  const hints = ids.map((id) => seen.placeOf(place.key, id))
  if (place.type === 'zset') await lookByScore(redis, place.key, search, hints)
  else await lookAround(place, search, { hints, measure })
  let isWhole = search.isDone
  if (!isWhole) {
    const jids = place.type === 'zset' ? search.missingJids() : null
    isWhole =
      jids && jids.length <= fewIds
        ? await scanFor(redis, place, { search, jids })
        : await readThrough(place, search, measure)
  }
  ids.forEach((id, index) => {
    const found = search.jobs[index]
    if (found) seen.remember(place.key, id, { ...found, length: measure.length })
  })
  return { jobs: search.jobs, measure, isWhole }
}

type SeenHints = readonly (SeenPlace | undefined)[]

/** A job keeps its score as long as it stands in its set. */
async function lookByScore(redis: RedisClient, key: string, search: WantedJobs, hints: SeenHints): Promise<void> {
  const seen = hints.flatMap((hint, index) => (hint && hint.score !== null ? [{ ...hint, index }] : []))
  const answers = await ask(
    redis,
    seen.map(({ score }): Command => ['ZRANGEBYSCORE', key, score ?? '', score ?? '', 'LIMIT', 0, slack]),
  )
  seen.forEach(({ index, handle, score }, at) => {
    const bytes = listOf(answers[at]).find((each): each is Buffer => Buffer.isBuffer(each) && handleOf(each) === handle)
    if (bytes) search.offer(index, { bytes, handle, score, distance: unknownDistance })
  })
}

/** Windows around the places where jobs stood, as counted from either end: one end shifts with what is added, the other with what is taken. */
async function lookAround(
  { sequence }: Place,
  search: WantedJobs,
  { hints, measure: { length, perLook } }: { readonly hints: SeenHints; readonly measure: Measure },
): Promise<void> {
  const around = Math.min(slack, Math.floor((perLook - 1) / 2))
  const places = hints.flatMap((hint) =>
    hint && hint.distance !== null ? [hint.distance, hint.distance + length - hint.length] : [],
  )
  const inside = [...new Set(places)].filter((place) => place >= 0 && place < length).sort((a, b) => a - b)
  const windows: [number, number][] = []
  for (const place of inside) {
    const last = windows.at(-1)
    const low = Math.max(0, place - around)
    if (last && low <= last[1] + 1 && place + around - last[0] < perLook) last[1] = place + around
    else windows.push([low, place + around])
  }
  for (const [low, high] of windows.slice(0, mostLooks)) {
    const rows = await sequence.window(low, high)
    hints.forEach((hint, index) => {
      const row = hint && rows.find(({ handle }) => handle === hint.handle)
      if (row) search.offer(index, row)
    })
    if (search.isDone) return
  }
}

/** As Sidekiq's own find_job does it. Answers whether the whole set was scanned. */
async function scanFor(
  redis: RedisClient,
  { key, state }: Place,
  { search, jids }: { readonly search: WantedJobs; readonly jids: readonly string[] },
): Promise<boolean> {
  let isWhole = true
  const members = new Map<string, Element>()
  for (const jid of jids) {
    const pattern = `*${globLiteral(jid)}*`
    let cursor = '0'
    let scans = 0
    do {
      const answer = listOf(await askOne(redis, ['ZSCAN', key, cursor, 'MATCH', pattern, 'COUNT', scanCount]))
      cursor = textOf(answer[0]) ?? '0'
      scans += 1
      for (const [bytes, score] of pairsOf(answer[1])) {
        if (!Buffer.isBuffer(bytes)) continue
        const handle = handleOf(bytes)
        members.set(handle, { bytes, handle, distance: unknownDistance, score: textOf(score) ?? String(score) })
      }
    } while (cursor !== '0' && scans < mostScans)
    isWhole &&= cursor === '0'
  }
  const sign = state === 'dead' ? -1 : 1
  const inOrder = [...members.values()].sort((a, b) => sign * (Number(a.score) - Number(b.score)))
  for (const member of inOrder) search.meet(member)
  return isWhole
}

/** SCAN's glob characters taken literally. */
const globLiteral = (text: string): string => text.replace(/[\\*?[\]]/g, (character) => `\\${character}`)

/** Answers whether nothing was left out. */
async function readThrough({ sequence }: Place, search: WantedJobs, { length, perLook }: Measure): Promise<boolean> {
  const bound = Math.min(mostRead, mostLooks * perLook)
  for (let low = 0; low < bound && !search.isDone; low += perLook) {
    const rows = await sequence.window(low, Math.min(bound, low + perLook) - 1)
    for (const row of rows) search.meet(row)
    if (rows.length < perLook) return true
  }
  return search.isDone || bound >= length
}
