import { type DeclaredRole, keyFor, type RoleName, wordOf } from '@shared/model/declaration'
import type { DetailSection } from '@shared/model/details'
import { askAll, brokerTime, type Command, numberOf, textOf } from '../redis-asking'
import { groupsOf } from '../stream-facts'
import type { DeclaredQueue } from './context'
import { type RolePlace, rolesOf, workingGroup } from './places'
import { scoreOfTime } from './summaries'

/** Where everything stands, what is out of order there, and what this layout can lose. */
export async function declaredDetails(queue: DeclaredQueue): Promise<readonly DetailSection[]> {
  const { declaration, name } = queue
  const roles = rolesOf(declaration, name)
  const answers = await askAll(
    queue.redis,
    roles.flatMap(({ role, place }): readonly Command[] => [
      ['TYPE', place.key],
      [countOf[role.type], place.key],
    ]),
  )
  const facts = roles.map(({ name: roleName, place, role }, index) => {
    const [type, count] = answers.slice(index * 2)
    const actual = type?.ok ? textOf(type.value) : null
    const elements = count?.ok ? numberOf(count.value) : null
    const isOther = actual !== null && actual !== 'none' && actual !== role.type
    const shown = isOther ? `holds a ${actual}, not a ${wordOf[role.type]}` : `${elements ?? 'unknown'}`
    return { name: `${titleOf[roleName]}: ${place.key}`, value: shown }
  })
  const dedup = declaration.dedup === null ? [] : [{ name: 'Dedup keys', value: keyFor(declaration.dedup, name) }]
  return [
    { title: declaration.title, note: null, facts: [...facts, ...dedup] },
    ...(await disorder(queue, roles)),
    ...(declaration.loses.length === 0
      ? []
      : [
          {
            title: 'What this layout can lose',
            note: null,
            facts: declaration.loses.map((sentence, index) => ({ name: String(index + 1), value: sentence })),
          },
        ]),
  ]
}

async function disorder(queue: DeclaredQueue, roles: readonly RolePlace[]): Promise<readonly DetailSection[]> {
  const { redis } = queue
  const facts: { name: string; value: string }[] = []
  const delayed = roles.find(({ name }) => name === 'delayed')
  if (delayed) {
    const now = await brokerTime(redis, queue.clock)
    const [overdue] = await askAll(redis, [
      ['ZCOUNT', delayed.place.key, '-inf', scoreOfTime(delayed, now - promotedWithinMs)],
    ])
    const count = overdue?.ok ? (numberOf(overdue.value) ?? 0) : 0
    if (count > 0)
      facts.push({ name: 'Overdue for more than a minute', value: `${count}: nothing seems to promote them` })
  }
  const notes = roles.find(({ role }) => role.type === 'hash' && role.holds === 'note')
  const working = workingGroup(queue.declaration, queue.name)
  if (notes && working) {
    const [noted, groups] = await askAll(redis, [
      ['HLEN', notes.place.key],
      ['XINFO', 'GROUPS', working.key],
    ])
    const group = groups?.ok ? groupsOf(groups.value).find((each) => each.name === working.group) : undefined
    const count = noted?.ok ? numberOf(noted.value) : null
    if (groups?.ok && !group)
      facts.push({ name: 'Group', value: `${working.group} is not there: all groups are counted` })
    if (group && count !== null && count !== group.pending)
      facts.push({
        name: notes.place.key,
        value: `notes ${count}, while ${group.pending} are pending in ${working.group}`,
      })
  }
  return facts.length === 0 ? [] : [{ title: 'Out of order', note: null, facts }]
}

const promotedWithinMs = 60_000

const titleOf: Readonly<Record<RoleName, string>> = {
  ready: 'Ready',
  delayed: 'Delayed',
  processing: 'Processing',
  dead: 'Dead',
  log: 'Log',
}

const countOf: Readonly<Record<DeclaredRole['type'], string>> = {
  list: 'LLEN',
  zset: 'ZCARD',
  hash: 'HLEN',
  stream: 'XLEN',
}
