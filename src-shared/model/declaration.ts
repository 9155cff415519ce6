import { z } from 'zod'

/**
 * A team's own layout on Redis, described by data: which keys hold what, and where in a message its id, its payload and the rest
 * stand. Nobody's library is behind it, so everything that can be done follows from what is said here.
 */

/** A key with the queue's name in it: "queue:{name}:dead", "q:{{name}}:ready" where the name is a cluster's hash tag. */
export const KeyPattern = z.string().max(512)

/**
 * Where a value stands in a message: "meta.error" in its JSON text, "field:error" in a stream's entry; of several with | between,
 * the first that is there is read, and the first one is written.
 */
export const ValuePath = z.string().min(1).max(200)

const role = {
  key: KeyPattern,
  /** Where the message itself stands within what is kept here, for layouts that wrap it; null: it is the whole. */
  inner: ValuePath.nullable(),
}

export const ListRole = z.object({
  type: z.literal('list'),
  ...role,
  /** The end that is next in line, or oldest: `left` for LPOP, `right` for RPOP. Elements come in at the other. */
  takeFrom: z.enum(['left', 'right']),
})
export const SortedSetRole = z.object({
  type: z.literal('zset'),
  ...role,
  takeFirst: z.enum(['lowest', 'highest']),
  /** What a score is: a time, or something else by which members are sorted. */
  score: z.enum(['ms', 's', 'priority']),
})
export const HashRole = z.object({
  type: z.literal('hash'),
  ...role,
  /** Whether the values are messages, or only notes about messages that stand elsewhere. */
  holds: z.enum(['message', 'note']),
})
export const StreamRole = z.object({
  type: z.literal('stream'),
  ...role,
  /** The group whose pending entries are being worked on: a pattern like a key's; null: nobody reads in groups. */
  group: KeyPattern.nullable(),
  /** The field that holds the message; null: its fields are the message's own, or there is one only. */
  field: z.string().min(1).max(200).nullable(),
})

export const DeclaredRole = z.discriminatedUnion('type', [ListRole, SortedSetRole, HashRole, StreamRole])
export type DeclaredRole = z.infer<typeof DeclaredRole>

export const roleNames = ['ready', 'delayed', 'processing', 'dead', 'log'] as const
export type RoleName = (typeof roleNames)[number]

const Path = ValuePath.nullable()

export const Envelope = z.object({
  id: Path,
  payload: Path,
  /** A message's kind: a job's name, an event's type. */
  name: Path,
  attempts: Path,
  maxAttempts: Path,
  priority: Path,
  /** A text, or an object with message, name and stack. */
  error: Path,
  enqueuedAt: Path,
  startedAt: Path,
  failedAt: Path,
})
export type Envelope = z.infer<typeof Envelope>

/** A declaration as it is being written: of the right shape, and perhaps not right yet. */
export const DeclarationDraft = z.object({
  /** Good in a queue's key, and never changed: queues are known by it. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  title: z.string().min(1).max(200),
  roles: z.object({
    ready: DeclaredRole.nullable(),
    delayed: DeclaredRole.nullable(),
    processing: DeclaredRole.nullable(),
    dead: DeclaredRole.nullable(),
    /** What happened, newest last; nobody takes from it. */
    log: DeclaredRole.nullable(),
  }),
  /** Keys that remember what was produced before, "dedup:{name}:*"; null: none. */
  dedup: KeyPattern.nullable(),
  /** What is published while it is added to the log; null: nothing. */
  channel: KeyPattern.nullable(),
  envelope: Envelope,
  /** How producers write times. Read are all three. */
  times: z.enum(['ms', 's', 'iso']),
  /** How producers write the payload into the envelope: as JSON among JSON, or as a text. */
  payloadAs: z.enum(['json', 'text']),
  /** What producers write besides, by path. */
  constants: z.record(ValuePath, z.union([z.string(), z.number(), z.boolean(), z.null()])),
  /** What this layout can lose, one sentence each. */
  loses: z.array(z.string().min(1).max(500)).max(20),
})
export type DeclarationDraft = z.infer<typeof DeclarationDraft>

export const LayoutDeclaration = DeclarationDraft.superRefine((draft, context) => {
  for (const message of declarationProblems(draft)) context.addIssue({ code: 'custom', message })
})
export type LayoutDeclaration = DeclarationDraft

const namePlace = '{name}'

/** What a role may be kept in, and be usable for what the role is. */
const fitting: Readonly<Record<RoleName, readonly DeclaredRole['type'][]>> = {
  ready: ['list', 'zset', 'stream'],
  delayed: ['zset'],
  processing: ['hash', 'list', 'zset'],
  dead: ['list', 'zset', 'hash', 'stream'],
  log: ['list', 'stream'],
}

/** What is wrong with a declaration, in words; empty: nothing. */
export function declarationProblems(draft: DeclarationDraft): readonly string[] {
  const problems: string[] = []
  const owners = new Map<string, string>()
  const check = (owner: string, pattern: string) => {
    if (pattern.split(namePlace).length !== 2) problems.push(`${owner}: “${pattern}” needs {name} in it, once.`)
    else if (pattern === namePlace) problems.push(`${owner}: “${pattern}” alone would be every key.`)
    const other = owners.get(pattern)
    if (other !== undefined) problems.push(`${owner} and ${other} have one and the same key, “${pattern}”.`)
    owners.set(pattern, owner)
  }
  for (const name of roleNames) {
    const own = draft.roles[name]
    if (!own) continue
    check(name, own.key)
    if (!fitting[name].includes(own.type))
      problems.push(
        `${name}: cannot be a ${wordOf[own.type]}, only a ${fitting[name].map((type) => wordOf[type]).join(' or a ')}.`,
      )
    if (name === 'delayed' && own.type === 'zset' && own.score === 'priority')
      problems.push('delayed: the scores must be times.')
    if (own.type === 'stream' && own.group !== null && own.group.split(namePlace).length > 2)
      problems.push(`${name}: “${own.group}” can have {name} in it only once.`)
  }
  if (draft.dedup !== null) {
    check('dedup', draft.dedup)
    if (!draft.dedup.endsWith('*'))
      problems.push(`dedup: “${draft.dedup}” must end in *, which stands for what was produced.`)
  }
  if (!draft.roles.ready && !draft.roles.log) problems.push('Neither ready messages nor a log are declared.')
  if (draft.channel !== null && !draft.roles.log) problems.push('channel: only a log has one.')
  if (
    draft.roles.processing?.type === 'hash' &&
    draft.roles.processing.holds === 'note' &&
    draft.roles.ready?.type !== 'stream'
  )
    problems.push(
      'processing: notes alone do not hold what is being worked on; only a stream’s group does that by itself.',
    )
  return problems
}

/** Pure: the key of a queue of that name. */
export const keyFor = (pattern: string, name: string): string => pattern.split(namePlace).join(name)

/** Pure: the queue's name in a key, by what stands before and behind it; null: not such a key. Names may hold colons. */
export function nameIn(pattern: string, key: string): string | null {
  const [before = '', after = ''] = pattern.split(namePlace)
  const isSuch = key.length > before.length + after.length && key.startsWith(before) && key.endsWith(after)
  return isSuch ? key.slice(before.length, key.length - after.length) : null
}

export const wordOf: Readonly<Record<DeclaredRole['type'], string>> = {
  list: 'list',
  zset: 'sorted set',
  hash: 'hash',
  stream: 'stream',
}
