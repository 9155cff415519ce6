import { type MessageState, wholeBodyLimit } from '@shared/model/message'
import { asked, isUnknown } from '../../clients/asked'
import type { RedisClient } from '../../clients/redis'
import { runScript, type Script, type ScriptArg } from '../../clients/script'
import type { Edit, ItemOutcome, Snapshot } from '../../remedies'
import { isId } from './ids'
import { digestOf } from './inspection'
import { askedQueue, defaultPriority, type QueueKeys } from './keys'
import { locate } from './locating'
import { readyPlaces } from './ready-places'
import { sizesOf } from './rows'
import * as erase from './scripts/erase'
import * as mend from './scripts/mend'
import { bodiesOf } from './stored-bodies'

/** Bodies pulled or sent in one command together. */
const bytesPerCall = 1024 * 1024

/** For messages that are in `state` now; others are left out. */
export async function snapshot(
  redis: RedisClient,
  keys: QueueKeys,
  state: MessageState,
  ids: readonly string[],
): Promise<readonly Snapshot[]> {
  const rows = (await locate(redis, keys, ids)).flatMap((row) => (row?.state === state ? [row] : []))
  if (rows.length === 0) return []
  const here = rows.map((row) => row.id)
  const [bodies, metas, results, notes, lists] = await Promise.all([
    bodiesById(redis, keys, here),
    redis.hmgetBuffer(keys.meta, ...here),
    redis.hmgetBuffer(keys.results, ...here),
    redis.hmgetBuffer(keys.notes, ...here),
    state === 'ready' ? prioritiesOf(redis, keys, here) : new Map<string, number>(),
  ])
  return rows.flatMap(({ id, score }, index): Snapshot[] => {
    const body = bodies.get(id)
    if (!body) return []
    const extra = { meta: metas[index], result: results[index], notes: notes[index] }
    return [
      {
        id,
        state,
        place: String(score ?? lists.get(id) ?? defaultPriority),
        body,
        fields: Object.fromEntries(Object.entries(extra).flatMap(([name, bytes]) => (bytes ? [[name, bytes]] : []))),
      },
    ]
  })
}

export async function remove(
  redis: RedisClient,
  keys: QueueKeys,
  state: MessageState,
  ids: readonly string[],
): Promise<readonly ItemOutcome[]> {
  switch (state) {
    case 'dead':
      return byMarks(redis, keys, 'remove', erase.removeDead, ids)
    case 'delayed':
      return byMarks(redis, keys, 'remove', erase.removeDelayed, ids)
    case 'done':
      return byMarks(redis, keys, 'remove', erase.removeDone, ids)
    case 'ready':
      return byMarks(redis, keys, 'remove', erase.removeReady, ids)
    case 'leased':
      return ids.map((id) => failed(id, 'A worker holds it: only that worker may finish it.'))
  }
}

export async function edit(redis: RedisClient, keys: QueueKeys, change: Edit): Promise<ItemOutcome> {
  const { id, state, body, expectedDigest } = change
  if (state === 'leased') return failed(id, 'A worker holds it: a change would not reach that worker.')
  if (state === 'done') return failed(id, 'It is done: a change would reach nobody.')
  if ((await redis.hstrlen(keys.payload, id)) > wholeBodyLimit)
    return failed(id, 'A body that was not shown whole cannot be edited.')
  const seen = (await bodiesOf(redis, keys, [id]))[0] ?? null
  if (seen === null) return { id, outcome: 'gone' }
  if (digestOf(seen) !== expectedDigest) return changed(id)
  const args = [id, seen, Buffer.from(body)]
  const reply = await orUnknown(() =>
    asked(redis, askedQueue(keys), 'edit', () =>
      runScript(
        redis,
        { ready: mend.editReady, delayed: mend.editDelayed, dead: mend.editDead }[state],
        [keys.state],
        args,
      ),
    ),
  )
  if (reply instanceof Error) return unknown(id, reply.message)
  return reply === 1 ? { id, outcome: 'applied' } : reply === 0 ? { id, outcome: 'gone' } : changed(id)
}

export async function restore(
  redis: RedisClient,
  keys: QueueKeys,
  snapshots: readonly Snapshot[],
): Promise<readonly ItemOutcome[]> {
  const outcomes: ItemOutcome[] = []
  for (const piece of piecesBySize(snapshots, (each) => each.body.length)) {
    const sound = piece.filter(isSound)
    const reply = await orUnknown(() =>
      asked(redis, askedQueue(keys), 'restore', () =>
        runScript(
          redis,
          mend.restore,
          [keys.state],
          sound.flatMap(({ id, state, place, body, fields }): ScriptArg[] => [
            id,
            state,
            place,
            Buffer.from(body),
            ...['meta', 'result', 'notes'].map((name) => (fields[name] ? Buffer.from(fields[name]) : '')),
          ]),
        ),
      ),
    )
    const marks = String(reply)
    const settled = sound.map(({ id }, index): ItemOutcome => {
      if (reply instanceof Error) return unknown(id, reply.message)
      return marks[index] === '1'
        ? { id, outcome: 'applied' }
        : { id, outcome: 'changed', reason: 'The id is in use again.' }
    })
    outcomes.push(
      ...piece.map((each) =>
        isSound(each) ? settled.shift()! : failed(each.id, 'This snapshot is not of a message of this engine.'),
      ),
    )
  }
  return outcomes
}

/** Runs a script that answers '1' or '0' per id, in as many calls as it asks for. */
async function byMarks(
  redis: RedisClient,
  keys: QueueKeys,
  act: string,
  script: Script,
  ids: readonly string[],
): Promise<readonly ItemOutcome[]> {
  const outcomes: ItemOutcome[] = []
  let size = 500
  for (let at = 0; at < ids.length; ) {
    const piece = ids.slice(at, at + size)
    const reply = await orUnknown(() =>
      asked(redis, askedQueue(keys), act, () => runScript(redis, script, [keys.state], piece)),
    )
    if (typeof reply === 'number') {
      size = -reply
      continue
    }
    const marks = String(reply)
    outcomes.push(
      ...piece.map((id, index): ItemOutcome => {
        if (reply instanceof Error) return unknown(id, reply.message)
        return { id, outcome: marks[index] === '1' ? 'applied' : 'gone' }
      }),
    )
    at += piece.length
  }
  return outcomes
}

async function orUnknown(ask: () => Promise<unknown>): Promise<unknown> {
  try {
    return await ask()
  } catch (error) {
    if (isUnknown(error)) return error
    throw error
  }
}

async function bodiesById(
  redis: RedisClient,
  keys: QueueKeys,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Buffer>> {
  const sizes = await sizesOf(redis, keys, ids)
  const measured = ids.map((id, index) => ({ id, bytes: sizes[index]! }))
  const found = new Map<string, Buffer>()
  for (const piece of piecesBySize(measured, (each) => each.bytes)) {
    const bodies = await bodiesOf(
      redis,
      keys,
      piece.map((each) => each.id),
    )
    piece.forEach(({ id }, index) => {
      const body = bodies[index]
      if (body) found.set(id, body)
    })
  }
  return found
}

/** Which list each stands in: free where only the default priority is in use. */
async function prioritiesOf(
  redis: RedisClient,
  keys: QueueKeys,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if ((await redis.hexists(keys.state, 'rich')) === 0) return new Map()
  const found = await readyPlaces(redis, keys, ids)
  return new Map([...found].map(([id, { list }]) => [id, list]))
}

function piecesBySize<Item>(items: readonly Item[], bytesOf: (item: Item) => number): readonly (readonly Item[])[] {
  const pieces: Item[][] = []
  let room = 0
  for (const item of items) {
    const bytes = bytesOf(item)
    const last = pieces.at(-1)
    if (!last || last.length >= 250 || room < bytes) {
      pieces.push([item])
      room = bytesPerCall - bytes
    } else {
      last.push(item)
      room -= bytes
    }
  }
  return pieces
}

const isSound = ({ id, state, place }: Snapshot): boolean =>
  isId(id) &&
  (state === 'dead' || state === 'delayed' || state === 'done'
    ? /^\d{1,16}$/.test(place)
    : state === 'ready' && /^\d$/.test(place))

const failed = (id: string, reason: string): ItemOutcome => ({ id, outcome: 'failed', reason })
const unknown = (id: string, reason: string): ItemOutcome => ({ id, outcome: 'unknown', reason })
const changed = (id: string): ItemOutcome => ({
  id,
  outcome: 'changed',
  reason: 'The body is not the one that was seen.',
})
