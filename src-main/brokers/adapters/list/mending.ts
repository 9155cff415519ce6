import { createHash } from 'node:crypto'
import { Failure } from '@shared/failure'
import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import type { Edit, ItemOutcome, Outgoing, Snapshot } from '../../remedies'
import { type ElementId, formatElementId, handleOf, parseElementId } from '../element-id'
import { overwrite, putBack, transfer } from '../element-mending'
import { copiesNear, type Element, type ListEnd, listSequence, otherEnd, putBackAmong } from '../element-sequence'
import { indexesOf, reachOf } from '../element-shelf'
import { askAll, type Command, explained } from '../redis-asking'
import { type ListAt, outOfSight } from './looking'

/** Where each stood from either end, and how many of the same bytes stood near the end to which it would come back. */
export async function snapshotElements(
  redis: RedisClient,
  at: ListAt,
  {
    state,
    ids,
    taken,
  }: { readonly state: MessageState; readonly ids: readonly string[]; readonly taken: ListEnd | null },
): Promise<readonly Snapshot[]> {
  if (state !== 'ready') return []
  const { found, length } = await locate(redis, at, ids)
  const there = found.flatMap((each) => (each.element ? [{ id: each.id, element: each.element }] : []))
  const placed = there.map(({ id, element }) => {
    const [left, fromRight] = indexesOf('left', fromLeft(at.from, element, length), length)
    return { id, element, left, right: -fromRight, end: endOf(taken, { left, right: -fromRight }) }
  })
  const copies = new Map<string, number>()
  for (const end of ['left', 'right'] as const) {
    const own = placed.filter((each) => each.end === end)
    const near = { key: at.key, from: end, among: putBackAmong }
    const counts = await copiesNear(
      redis,
      near,
      own.map(({ element }) => ({ element, atMost: putBackAmong })),
    )
    own.forEach(({ id }, index) => {
      copies.set(id, counts[index]!)
    })
  }
  return placed.map(({ id, element, left, right }) => ({
    id,
    state,
    place: '',
    body: element.bytes,
    fields: { copies: text(copies.get(id) ?? 1), left: text(left), right: text(right) },
  }))
}

/** Where an element goes that comes back: where others come in; where that is not known, to the end that it was nearer to. */
const endOf = (taken: ListEnd | null, { left, right }: { readonly left: number; readonly right: number }): ListEnd =>
  taken === null ? (left < right ? 'left' : 'right') : otherEnd(taken)

export async function removeElements(
  redis: RedisClient,
  at: ListAt,
  { state, ids }: { readonly state: MessageState; readonly ids: readonly string[] },
): Promise<readonly ItemOutcome[]> {
  if (state !== 'ready') return ids.map((id) => ({ id, outcome: 'gone' }))
  const { found, length, reach } = await locate(redis, at, ids)
  const items = found.flatMap(({ id, element }) =>
    element ? [{ id, bytes: element.bytes, at: indexesOf(at.from, element, length), put: [] }] : [],
  )
  const outcomes = [...(await transfer(redis, { from: { key: at.key, type: 'list' }, to: null, reach }, items))]
  return found.map(({ id, element, why }) => (element ? outcomes.shift()! : why(id)))
}

export async function editElement(redis: RedisClient, at: ListAt, edit: Edit): Promise<ItemOutcome> {
  const { id, expectedDigest } = edit
  if (edit.state !== 'ready') return { id, outcome: 'gone' }
  const first = await locate(redis, at, [id])
  // Whoever takes an edit back knows the element by what the edit made of it.
  const { found, length, reach } = first.found[0]!.element
    ? first
    : await locate(redis, at, [expectedDigest.slice(0, 20)])
  const { element, why } = found[0]!
  if (!element) return why(id)
  if (createHash('sha256').update(element.bytes).digest('hex') !== expectedDigest)
    return { id, outcome: 'changed', reason: 'its bytes are others than those that were opened' }
  const outcome = await overwrite(
    redis,
    { place: { key: at.key, type: 'list' }, reach },
    { id, bytes: element.bytes, at: indexesOf(at.from, element, length), body: edit.body },
  )
  const parsed = parseElementId(id)
  if (outcome.outcome === 'applied' && parsed)
    at.shelf.rename(listSequence(redis, at.key, at.from), parsed, { label: null, handle: handleOf(edit.body), copy: 0 })
  return outcome
}

export async function restoreElements(
  redis: RedisClient,
  { key, taken }: { readonly key: string; readonly taken: ListEnd | null },
  snapshots: readonly Snapshot[],
): Promise<readonly ItemOutcome[]> {
  const items = snapshots.map(({ id, body, fields }) => {
    const end = endOf(taken, { left: number(fields.left), right: number(fields.right) })
    return { id, was: number(fields.copies), put: [end === 'left' ? 'LPUSH' : 'RPUSH', Buffer.from(body)] }
  })
  // Where nobody has named the end they were told from the left: those that go there again begin with the last.
  const lefts = items.filter(({ put }) => put[0] === 'LPUSH')
  if (taken === null) lefts.reverse()
  const rights = items.filter(({ put }) => put[0] !== 'LPUSH')
  const outcomes = await putBack(redis, { key, type: 'list' }, [...lefts, ...rights])
  const rest = [...outcomes]
  return snapshots.map(({ id }) => {
    const at = rest.findIndex((outcome) => outcome.id === id)
    return rest.splice(at, 1)[0]!
  })
}

/** At the end where elements come in, which must be named where it is not known. Answers their ids. */
export async function sendElements(
  redis: RedisClient,
  { queue, taken }: { readonly queue: QueueAddress; readonly taken: ListEnd | null },
  messages: readonly Outgoing[],
): Promise<readonly string[]> {
  const ends = messages.map((message) => endFor(message, { queue, taken }))
  const answers = await askAll(
    redis,
    messages.map(
      ({ body }, index): Command => [ends[index] === 'left' ? 'LPUSH' : 'RPUSH', queue.name, Buffer.from(body)],
    ),
  )
  const bad = answers.find((answer) => !answer.ok)
  if (bad && !bad.ok) throw await explained(redis, bad)
  return messages.map(({ body }) => formatElementId({ label: null, handle: handleOf(body), copy: 0 }))
}

function endFor(
  { name, delayMs, priority, attributes, options }: Outgoing,
  { queue, taken }: { readonly queue: QueueAddress; readonly taken: ListEnd | null },
): ListEnd {
  const bad = (message: string, subject: string, hint?: string) =>
    new Failure({ code: 'bad-input', message: `${queue.name}: ${message}`, subject, hint })
  if (delayMs > 0) throw bad('a list cannot hold an element back.', 'delayMs')
  if (priority !== null) throw bad('a list knows no priority.', 'priority')
  if (name !== null) throw bad('an element has no name.', 'name')
  const attribute = Object.keys(attributes)[0]
  if (attribute !== undefined) throw bad('an element has no attributes.', attribute)
  const unknown = Object.keys(options ?? {}).find((option) => option !== 'end')
  if (unknown !== undefined) throw bad(`a list takes no ${unknown}, only "end".`, unknown)
  const end = options?.end
  if (end === 'left' || end === 'right') return end
  if (end !== undefined) throw bad('the end is "left" or "right".', 'end')
  if (taken === null)
    throw bad(
      'at which end elements come in is not known.',
      'end',
      'Give the option end: left (LPUSH) or right (RPUSH).',
    )
  return otherEnd(taken)
}

interface LocatedElement {
  readonly id: string
  readonly element: Element | null
  readonly why: (id: string) => ItemOutcome
}

async function locate(
  redis: RedisClient,
  { shelf, key, from }: ListAt,
  ids: readonly string[],
): Promise<{ readonly found: readonly LocatedElement[]; readonly length: number; readonly reach: number }> {
  const parsed = ids.map(parseElementId)
  const known = parsed.filter((id): id is ElementId => id !== null)
  const { elements, measure, isWhole } = await shelf.find(listSequence(redis, key, from), known)
  const rest = [...elements]
  const why = (id: string): ItemOutcome =>
    isWhole ? { id, outcome: 'gone' } : { id, outcome: 'failed', reason: outOfSight(key) }
  const found = ids.map((id, index): LocatedElement => {
    if (!parsed[index]) return { id, element: null, why: (each) => ({ id: each, outcome: 'gone' }) }
    return { id, element: rest.shift() ?? null, why }
  })
  return { found, length: measure.length, reach: reachOf(measure.perLook) }
}

const fromLeft = (from: ListEnd, element: Element, length: number): Element =>
  from === 'left' ? element : { ...element, distance: length - 1 - element.distance }

const text = (value: number): Uint8Array => Buffer.from(String(value))
const number = (value: Uint8Array | undefined): number =>
  Number(Buffer.from(value ?? new Uint8Array()).toString('utf8'))
