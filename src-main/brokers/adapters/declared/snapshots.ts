import type { MessageState } from '@shared/model/message'
import type { ItemOutcome, Snapshot } from '../../remedies'
import { handleOf } from '../element-id'
import { type Put, putBack } from '../element-mending'
import { copiesNear, otherEnd, putBackAmong } from '../element-sequence'
import type { DeclaredQueue } from './context'
import { locate } from './locating'
import { placeOf, pushTo, type RolePlace, shownFrom } from './places'

/** Everything needed to put messages back: what stood there, and where. */
export async function snapshotDeclared(
  queue: DeclaredQueue,
  state: MessageState,
  ids: readonly string[],
): Promise<readonly Snapshot[]> {
  const { located } = await locate(queue, ids, state)
  const there = located.flatMap((each, index) =>
    each?.stored ? [{ id: ids[index]!, place: each.place, stored: each.stored }] : [],
  )
  const place = there[0]?.place
  const copies =
    place?.role.type === 'list'
      ? await copiesNear(
          queue.redis,
          { key: place.place.key, from: otherEnd(place.role.takeFrom), among: putBackAmong },
          there.map(({ stored: { bytes } }) => ({ element: { bytes, handle: handleOf(bytes) }, atMost: putBackAmong })),
        )
      : []
  return there.map(({ id, stored }, index) => ({
    id,
    state,
    place: stored.score ?? '',
    body: stored.bytes,
    fields: {
      ...(copies[index] === undefined ? {} : { copies: Buffer.from(String(copies[index])) }),
      ...(place?.role.type === 'hash' ? { field: Buffer.from(String(stored.at[0])) } : {}),
      ...Object.fromEntries(stored.fields.map(([name, value], at) => [`${at}:${name}`, value])),
    },
  }))
}

/** At the end of a list where elements come in, at the score of a sorted set, under the field of a hash, as a new entry of a stream. */
export async function restoreDeclared(
  queue: DeclaredQueue,
  snapshots: readonly Snapshot[],
): Promise<readonly ItemOutcome[]> {
  const outcomes = new Map<Snapshot, ItemOutcome>()
  for (const state of new Set(snapshots.map((snapshot) => snapshot.state))) {
    const place = placeOf(queue.declaration, queue.name, state)
    const own = snapshots.filter((snapshot) => snapshot.state === state)
    if (!place) {
      for (const each of own)
        outcomes.set(each, { id: each.id, outcome: 'failed', reason: 'the layout has no such place any more' })
      continue
    }
    // What is told newest first stands in its order again when the oldest goes first.
    const ordered = place.role.type === 'list' && shownFrom(place) !== place.role.takeFrom ? [...own].reverse() : own
    const told = await putBack(
      queue.redis,
      place.place,
      ordered.map((each) => ({ id: each.id, ...putBackOf(place, each) })),
    )
    ordered.forEach((each, index) => {
      outcomes.set(each, told[index]!)
    })
  }
  return snapshots.map((snapshot) => outcomes.get(snapshot)!)
}

function putBackOf(
  { role }: RolePlace,
  { id, body, place, fields }: Snapshot,
): { readonly was: string; readonly put: Put } {
  const bytes = Buffer.from(body)
  const text = (name: string) => Buffer.from(fields[name] ?? new Uint8Array()).toString('utf8')
  switch (role.type) {
    case 'list':
      return { was: text('copies') || '1', put: [pushTo(role), bytes] }
    case 'zset':
      return { was: '', put: [place, bytes] }
    case 'hash':
      return { was: '', put: [text('field'), bytes] }
    case 'stream':
      return { was: id, put: ['*', ...entryFields(fields)] }
  }
}

const entryFields = (fields: Snapshot['fields']): readonly (string | Buffer)[] =>
  Object.entries(fields)
    .flatMap(([name, value]) => {
      const [, at, field] = /^(\d+):(.*)$/s.exec(name) ?? []
      return at === undefined ? [] : [{ at: Number(at), pair: [field ?? '', Buffer.from(value)] }]
    })
    .sort((a, b) => a.at - b.at)
    .flatMap(({ pair }) => pair)
