import { randomUUID } from 'node:crypto'
import { Failure } from '@shared/failure'
import { type DeclarationDraft, keyFor } from '@shared/model/declaration'
import { runScript, script } from '../../clients/script'
import type { Outgoing } from '../../remedies'
import { askAll, brokerTime, type Command, explained, failureOf, textOf } from '../redis-asking'
import type { DeclaredQueue } from './context'
import { firstOf, readEnvelope } from './envelope'
import { placeOf, type RolePlace } from './places'
import { putInto } from './putting'
import { idOf } from './stored'
import { scoreOfTime } from './summaries'

/** KEYS: the log. ARGV: LPUSH or RPUSH, the event, the channel. Both in one step, which its producers do in two. */
const logAndPublish = script(`
redis.call(ARGV[1], KEYS[1], ARGV[2])
return redis.call('PUBLISH', ARGV[3], ARGV[2])
`)

/** Adds messages in the envelope that the layout's producers write; answers their ids. */
export async function sendDeclared(queue: DeclaredQueue, messages: readonly Outgoing[]): Promise<readonly string[]> {
  const now = await brokerTime(queue.redis, queue.clock)
  const wrapped = messages.map((message) => ({ message, bytes: envelopeFor(queue, message, now) }))
  const commands: Command[] = []
  const { declaration, name } = queue
  const log = placeOf(declaration, name, 'done')
  const ready = placeOf(declaration, name, 'ready')
  const target = ready ?? log
  if (!target) throw new Failure({ code: 'unsupported', message: `${name} has no place to send to.`, subject: name })
  if (!ready && log && declaration.channel !== null) {
    const channel = keyFor(declaration.channel, name)
    const [push] = (await putInto(queue, log, [{ bytes: Buffer.alloc(0) }]))[0] ?? []
    for (const { bytes } of wrapped)
      await runScript(queue.redis, logAndPublish, [log.place.key], [push ?? 'LPUSH', bytes, channel]).catch(
        (error: unknown) => {
          throw failureOf(error)
        },
      )
    return wrapped.map(({ bytes }) => idFor(queue, bytes))
  }
  const puts = await putInto(queue, target, wrapped)
  wrapped.forEach(({ message, bytes }, index) => {
    if (message.delayMs > 0) commands.push(delayedCommand(queue, { bytes, dueAt: now + message.delayMs }))
    else commands.push(commandFor(target, puts[index]!, message.priority))
  })
  const answers = await askAll(queue.redis, commands)
  const bad = answers.find((answer) => !answer.ok)
  if (bad && !bad.ok) throw await explained(queue.redis, bad)
  return wrapped.map(({ bytes }, index) => {
    const answer = answers[index]!
    const isEntry = commands[index]![0] === 'XADD'
    return (isEntry && answer.ok ? textOf(answer.value) : null) ?? idFor(queue, bytes)
  })
}

function commandFor(
  { role, place }: RolePlace,
  put: readonly (string | number | Buffer)[],
  priority: number | null,
): Command {
  const { key } = place
  switch (role.type) {
    case 'list':
      return [String(put[0]), key, put[1]!]
    case 'zset':
      return ['ZADD', key, priority ?? put[0]!, put[1]!]
    case 'hash':
      return ['HSET', key, ...put]
    case 'stream':
      return ['XADD', key, ...put]
  }
}

function delayedCommand(
  { declaration, name }: DeclaredQueue,
  { bytes, dueAt }: { readonly bytes: Buffer; readonly dueAt: number },
): Command {
  const delayed = placeOf(declaration, name, 'delayed')
  if (delayed) return ['ZADD', delayed.place.key, scoreOfTime(delayed, dueAt), bytes]
  throw bad(name, 'this layout declares no place for delayed messages.', 'delayMs')
}

/** An element's id; what it says of itself decides the label. */
const idFor = ({ declaration }: DeclaredQueue, bytes: Buffer): string =>
  idOf(readEnvelope(declaration, [{ json: bytes, fields: [] }]), bytes)

/** Pure but for a fresh id: the bytes that stand there afterwards. What has id and payload already is taken as it is. */
function envelopeFor({ declaration, name }: DeclaredQueue, message: Outgoing, now: number): Buffer {
  refuse(declaration, { name, message })
  const body = Buffer.from(message.body)
  const { envelope } = declaration
  if (envelope.payload === null) return body
  const seen = readEnvelope(declaration, [{ json: body, fields: [] }])
  if (seen.id !== null && seen.payload !== null) return body
  const tree: Tree = new Map()
  if (envelope.id !== null) plant(tree, envelope.id, JSON.stringify(randomUUID()))
  if (envelope.name !== null && message.name !== null) plant(tree, envelope.name, JSON.stringify(message.name))
  plant(tree, envelope.payload, payloadText(declaration, { name, body }))
  if (envelope.attempts !== null) plant(tree, envelope.attempts, '0')
  if (envelope.priority !== null && message.priority !== null) plant(tree, envelope.priority, String(message.priority))
  if (envelope.enqueuedAt !== null) plant(tree, envelope.enqueuedAt, timeText(declaration, now))
  for (const [path, value] of Object.entries(declaration.constants)) plant(tree, path, JSON.stringify(value))
  return Buffer.from(textOfTree(tree))
}

function refuse(
  { envelope, roles }: DeclarationDraft,
  { name, message }: { readonly name: string; readonly message: Outgoing },
): void {
  if (message.name !== null && envelope.name === null) throw bad(name, 'its messages have no name.', 'name')
  const isSorted = roles.ready?.type === 'zset' && roles.ready.score === 'priority'
  if (message.priority !== null && !isSorted) throw bad(name, 'its messages have no priority.', 'priority')
  const [attribute] = Object.keys(message.attributes)
  if (attribute !== undefined) throw bad(name, 'its messages have no attributes.', attribute)
  const [option] = Object.keys(message.options ?? {})
  if (option !== undefined) throw bad(name, `it takes no ${option}.`, option)
}

/** The payload's text as it is, where it is JSON; any other text as a string. */
function payloadText(
  { payloadAs }: DeclarationDraft,
  { name, body }: { readonly name: string; readonly body: Buffer },
): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    throw bad(name, 'its envelope is JSON, and these bytes are no text.', 'body')
  }
  if (payloadAs === 'text') return JSON.stringify(text)
  try {
    JSON.parse(text)
    return text
  } catch {
    return JSON.stringify(text)
  }
}

const timeText = ({ times }: DeclarationDraft, now: number): string =>
  times === 'iso' ? JSON.stringify(new Date(now).toISOString()) : String(times === 's' ? now / 1000 : now)

/** Names to JSON texts, or to more of the same. */
type Tree = Map<string, string | Tree>

function plant(tree: Tree, path: string, text: string): void {
  const names = firstOf(path)
    .replace(/^field:/, '')
    .split('.')
  const last = names.pop()!
  let at = tree
  for (const name of names) {
    const next = at.get(name)
    const deeper: Tree = next instanceof Map ? next : new Map()
    at.set(name, deeper)
    at = deeper
  }
  at.set(last, text)
}

const textOfTree = (tree: Tree): string =>
  `{${[...tree].map(([name, value]) => `${JSON.stringify(name)}:${typeof value === 'string' ? value : textOfTree(value)}`).join(',')}}`

const bad = (queue: string, message: string, subject: string) =>
  new Failure({ code: 'bad-input', message: `${queue}: ${message}`, subject })
