import { type DeclarationDraft, type DeclaredRole, keyFor, type RoleName, roleNames } from '@shared/model/declaration'
import type { MessageState } from '@shared/model/message'
import type { Place } from '../element-mending'
import { type ListEnd, otherEnd } from '../element-sequence'

/** One role of a queue: what it is, and its key. */
export interface RolePlace {
  readonly name: RoleName
  readonly state: MessageState
  readonly role: DeclaredRole
  readonly place: Place
  /** Of a stream, who works it. */
  readonly group: string | null
}

const stateOf: Readonly<Record<RoleName, MessageState>> = {
  ready: 'ready',
  delayed: 'delayed',
  processing: 'leased',
  dead: 'dead',
  log: 'done',
}

/** A role that holds notes only is no place for messages. */
export const placesOf = (declaration: DeclarationDraft, queue: string): readonly RolePlace[] =>
  rolesOf(declaration, queue).filter(({ role }) => role.type !== 'hash' || role.holds === 'message')

export const rolesOf = (declaration: DeclarationDraft, queue: string): readonly RolePlace[] =>
  roleNames.flatMap((name) => {
    const role = declaration.roles[name]
    if (!role) return []
    const group = role.type === 'stream' && role.group !== null ? keyFor(role.group, queue) : null
    return [{ name, state: stateOf[name], role, group, place: { key: keyFor(role.key, queue), type: role.type } }]
  })

export function placeOf(declaration: DeclarationDraft, queue: string, state: MessageState): RolePlace | null {
  return placesOf(declaration, queue).find((each) => each.state === state) ?? null
}

/** The group whose pending entries are what is being worked on, where the ready messages are a stream. */
export function workingGroup(declaration: DeclarationDraft, queue: string): WorkingGroup | null {
  const ready = rolesOf(declaration, queue).find(({ name }) => name === 'ready')
  if (ready?.role.type !== 'stream' || ready.group === null) return null
  return { key: ready.place.key, group: ready.group, field: ready.role.field }
}

export interface WorkingGroup {
  readonly key: string
  readonly group: string
  readonly field: string | null
}

/** The end at which a person wants to begin: what is next in line, or what died or happened last. */
export const shownFrom = ({ name, role }: RolePlace): ListEnd => {
  const taken = role.type === 'list' ? role.takeFrom : 'left'
  return name === 'dead' || name === 'log' ? otherEnd(taken) : taken
}

/** A delayed set begins with what is due first, a dead one with what died last. */
export const shownFirst = ({ name, role }: RolePlace): 'lowest' | 'highest' => {
  const taken = role.type === 'zset' ? role.takeFirst : 'lowest'
  if (name !== 'dead') return taken
  return taken === 'lowest' ? 'highest' : 'lowest'
}

/** The command that adds to a list where its producers do. */
export const pushTo = (role: DeclaredRole): 'LPUSH' | 'RPUSH' =>
  role.type === 'list' && role.takeFrom === 'left' ? 'RPUSH' : 'LPUSH'

/** All keys of one cluster slot by their hash tag, or none of them has one to tell by. */
export function shareSlot(keys: readonly string[]): boolean {
  const tags = new Set(keys.map((key) => /\{([^}]+)\}/.exec(key)?.[1] ?? null))
  return keys.length < 2 || (tags.size === 1 && !tags.has(null))
}
