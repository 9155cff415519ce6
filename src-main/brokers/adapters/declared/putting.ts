import type { Put } from '../element-mending'
import { membersOf, sliceOf } from '../json-members'
import { askOne, brokerTime } from '../redis-asking'
import { entriesOf } from '../stream-entries'
import type { DeclaredQueue } from './context'
import { readEnvelope, textOfJson } from './envelope'
import { pushTo, type RolePlace } from './places'
import type { Stored } from './stored'
import { scoreOfTime } from './summaries'

export interface Putting {
  /** The message as it is to stand there. */
  readonly bytes: Buffer
  /** What it was before, where it stood somewhere. */
  readonly stored?: Stored
}

/** How each message is put into a role as the layout's producers do it. */
export async function putInto(
  queue: DeclaredQueue,
  { role, place }: RolePlace,
  messages: readonly Putting[],
): Promise<readonly Put[]> {
  switch (role.type) {
    case 'list':
      return messages.map(({ bytes }) => [pushTo(role), bytes])
    case 'zset': {
      const now = await brokerTime(queue.redis, queue.clock)
      return messages.map(({ bytes }) => [scoreFor(queue, { role, place }, { bytes, now }), bytes])
    }
    case 'hash':
      return messages.map(({ bytes }) => [
        readEnvelope(queue.declaration, [{ json: bytes, fields: [] }]).id ?? crypto.randomUUID(),
        bytes,
      ])
    case 'stream': {
      const field = await fieldOf(queue, { role, place })
      return messages.map(({ bytes, stored }) => ['*', ...fieldsFor({ bytes, stored }, field)])
    }
  }
}

/** A message without a priority of its own comes first among those that are taken lowest first. */
function scoreFor(
  { declaration }: DeclaredQueue,
  { role }: Pick<RolePlace, 'role' | 'place'>,
  { bytes, now }: { readonly bytes: Buffer; readonly now: number },
): string {
  if (role.type === 'zset' && role.score === 'priority')
    return String(readEnvelope(declaration, [{ json: bytes, fields: [] }]).priority ?? 0)
  return scoreOfTime({ role }, now)
}

/** The declared field, or the one that entries there have; null: each member of the message is a field of its own. */
async function fieldOf(
  { redis }: DeclaredQueue,
  { role, place }: Pick<RolePlace, 'role' | 'place'>,
): Promise<string | null> {
  const declared = role.type === 'stream' ? role.field : null
  if (declared !== null) return declared
  const [last] = entriesOf(await askOne(redis, ['XREVRANGE', place.key, '+', '-', 'COUNT', 1]))
  if (!last) return 'data'
  return last.fields.length === 1 ? last.fields[0]![0] : null
}

/** Pure: an entry's fields. One that came from a stream keeps all of its own. */
function fieldsFor({ bytes, stored }: Putting, field: string | null): readonly (string | Buffer)[] {
  if (stored && stored.fields.length > 0) return stored.fields.flat()
  const members = field === null ? membersOf(bytes) : null
  if (!members || members.size === 0) return [field ?? 'data', bytes]
  return [...members].flatMap(([name, span]) => [name, textOfJson(sliceOf(bytes, span)) ?? ''])
}
