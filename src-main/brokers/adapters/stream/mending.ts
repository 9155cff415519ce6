import { Failure } from '@shared/failure'
import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import type { ItemOutcome, Outgoing, Snapshot } from '../../remedies'
import { putBack, transfer } from '../element-mending'
import { askAll, askOne, type Command, explained, textOf } from '../redis-asking'
import { bodyOfEntry, entriesOf } from '../stream-entries'
import { locateEntries, parseEntryId } from './locating'

/** The fields in their order, as "0:name"; the body is made of them. */
export async function snapshotEntries(
  redis: RedisClient,
  { key, state, ids }: { readonly key: string; readonly state: MessageState; readonly ids: readonly string[] },
): Promise<readonly Snapshot[]> {
  const located = await locateEntries(redis, key, ids)
  return located.flatMap((each, index): readonly Snapshot[] => {
    if (!each?.entry || each.state !== state) return []
    return [
      {
        id: ids[index]!,
        state,
        place: each.entry.id,
        body: bodyOfEntry(each.entry).bytes,
        fields: Object.fromEntries(each.entry.fields.map(([name, value], at) => [`${at}:${name}`, value])),
      },
    ]
  })
}

/** Unread entries only; what a consumer of any group holds is left alone, in the step that deletes. */
export async function removeEntries(
  redis: RedisClient,
  { key, state, ids }: { readonly key: string; readonly state: MessageState; readonly ids: readonly string[] },
): Promise<readonly ItemOutcome[]> {
  if (state === 'leased')
    return ids.map((id) => ({ id, outcome: 'failed', reason: 'a consumer holds it: acknowledge it, or claim it' }))
  if (state !== 'ready') return ids.map((id) => ({ id, outcome: 'gone' }))
  const known = ids.filter((id) => parseEntryId(id)?.group === null)
  const outcomes = await transfer(
    redis,
    { from: { key, type: 'stream' }, to: null, reach: 0 },
    known.map((id) => ({ id, bytes: new Uint8Array(), at: [id, ''] as const, put: [] })),
  )
  const rest = [...outcomes]
  return ids.map((id) => (rest[0]?.id === id ? rest.shift()! : { id, outcome: 'gone' }))
}

/** At the end, under a new id: a stream takes none that is smaller than its last. */
export const restoreEntries = (redis: RedisClient, key: string, snapshots: readonly Snapshot[]) =>
  putBack(
    redis,
    { key, type: 'stream' },
    snapshots.map(({ id, place, fields }) => ({
      id,
      was: place,
      put: [
        '*',
        ...Object.entries(fields)
          .map(([name, value]) => {
            const colon = name.indexOf(':')
            return { at: Number(name.slice(0, colon)), pair: [name.slice(colon + 1), Buffer.from(value)] as const }
          })
          .sort((a, b) => a.at - b.at)
          .flatMap(({ pair }) => pair),
      ],
    })),
  )

/** Each by one XADD, attributes as fields; answers the ids that the server gave. */
export async function sendEntries(
  redis: RedisClient,
  { queue, messages }: { readonly queue: QueueAddress; readonly messages: readonly Outgoing[] },
): Promise<readonly string[]> {
  for (const message of messages) refuse(message, queue)
  const field = await bodyField(redis, queue.name)
  const answers = await askAll(
    redis,
    messages.map(({ body, attributes, options }): Command => {
      const fields = Object.entries(attributes).flat()
      const withBody = fields.length === 0 || body.length > 0
      const named = options?.field ?? field
      return ['XADD', queue.name, '*', ...fields, ...(withBody ? [named, Buffer.from(body)] : [])]
    }),
  )
  const bad = answers.find((answer) => !answer.ok)
  if (bad && !bad.ok) throw await explained(redis, bad)
  return answers.map((answer) => (answer.ok ? (textOf(answer.value) ?? '') : ''))
}

/** As the entries there have it: the one field of the last entry, else "data". */
async function bodyField(redis: RedisClient, key: string): Promise<string> {
  const [last] = entriesOf(await askOne(redis, ['XREVRANGE', key, '+', '-', 'COUNT', 1]))
  return last?.fields.length === 1 ? last.fields[0]![0] : 'data'
}

function refuse({ name, delayMs, priority, options }: Outgoing, queue: QueueAddress): void {
  const bad = (message: string, subject: string) =>
    new Failure({ code: 'bad-input', message: `${queue.name}: ${message}`, subject })
  if (delayMs > 0) throw bad('a stream cannot hold an entry back.', 'delayMs')
  if (priority !== null) throw bad('a stream is one order for all: it knows no priority.', 'priority')
  if (name !== null) throw bad('an entry has no name. Give it as an attribute: each becomes a field.', 'name')
  const unknown = Object.keys(options ?? {}).find((option) => option !== 'field')
  if (unknown !== undefined) throw bad(`a stream takes no ${unknown}, only "field" for the body.`, unknown)
}
