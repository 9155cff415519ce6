import { isFailure } from '@shared/failure'
import { type DeclarationDraft, type DeclaredRole, declarationProblems, wordOf } from '@shared/model/declaration'
import type { DeclarationPreview, RolePreview } from '@shared/model/declaration-preview'
import { Cluster, type Redis } from 'ioredis'
import type { RedisClient } from '../../clients/redis'
import { Shelf } from '../element-shelf'
import { askAll, type Command, failureOf, numberOf, textOf } from '../redis-asking'
import { patternsOf, prove, type Sighting, sightingOf } from './discovery'
import { type RolePlace, rolesOf } from './places'
import { messageOf, type Stored } from './stored'
import { storePage } from './stores'
import { summaryOf } from './summaries'

const mostKeys = 100_000
const mostQueues = 50
const scanCount = 1_000
/** Names that are proved together. */
const provedAtOnce = 200
/** Of a sample's text. */
const shownText = 4_000

/** `name`: the queue to show; absent: the first that is found. */
export async function previewDeclaration(
  redis: RedisClient,
  declaration: DeclarationDraft,
  name?: string,
): Promise<DeclarationPreview> {
  const problems = [...declarationProblems(declaration)]
  const found = await findQueues(redis, declaration)
  const shown = name ?? found.queues[0] ?? null
  const roles = shown === null ? [] : await previewRoles(redis, declaration, shown, problems)
  if (shown === null && problems.length === 0)
    problems.push(`No key of these patterns was found among ${found.keysSeen.toLocaleString('en-US')} keys.`)
  if (shown !== null && roles.every(({ type }) => type === 'none'))
    problems.push(`None of its keys is there: no queue is named ${shown}.`)
  problems.push(...pathProblems(declaration, roles))
  return { ...found, name: shown, roles: [...roles], problems }
}

async function findQueues(
  redis: RedisClient,
  declaration: DeclarationDraft,
): Promise<Pick<DeclarationPreview, 'queues' | 'keysSeen' | 'isWhole'>> {
  const patterns = patternsOf([declaration])
  const waiting = new Map<string, Sighting>()
  const queues = new Set<string>()
  let keysSeen = 0
  const masters: readonly (Redis | RedisClient)[] = redis instanceof Cluster ? redis.nodes('master') : [redis]
  for (const master of masters) {
    let cursor = '0'
    do {
      const [next, keys] = await scan(master, cursor)
      keysSeen += keys.length
      for (const key of keys) {
        const sighting = sightingOf(patterns, key)
        if (sighting && !queues.has(sighting.name)) waiting.set(sighting.name, sighting)
      }
      if (waiting.size >= provedAtOnce || next === '0') await proveWaiting(redis, waiting, queues)
      if (keysSeen >= mostKeys || queues.size >= mostQueues) {
        await proveWaiting(redis, waiting, queues)
        return { queues: sorted(queues), keysSeen, isWhole: false }
      }
      cursor = next
    } while (cursor !== '0')
  }
  return { queues: sorted(queues), keysSeen, isWhole: true }
}

const sorted = (queues: ReadonlySet<string>): string[] => [...queues].sort().slice(0, mostQueues)

async function scan(master: Redis | RedisClient, cursor: string): Promise<readonly [string, readonly string[]]> {
  try {
    const [next, keys] = (await master.call('SCAN', cursor, 'COUNT', scanCount)) as [string, string[]]
    return [String(next), keys]
  } catch (error) {
    throw failureOf(error)
  }
}

async function proveWaiting(redis: RedisClient, waiting: Map<string, Sighting>, queues: Set<string>): Promise<void> {
  const sightings = [...waiting.values()]
  waiting.clear()
  for (const { address } of (await prove(redis, sightings)).flat()) queues.add(address.name)
}

async function previewRoles(
  redis: RedisClient,
  declaration: DeclarationDraft,
  name: string,
  problems: string[],
): Promise<readonly RolePreview[]> {
  const places = rolesOf(declaration, name)
  const types = await askAll(
    redis,
    places.map(({ place }): Command => ['TYPE', place.key]),
  )
  const previews: RolePreview[] = []
  for (const [index, place] of places.entries()) {
    const answer = types[index]!
    const type = answer.ok ? (textOf(answer.value) ?? 'none') : 'none'
    const { key } = place.place
    const empty: RolePreview = { role: place.name, key, type, count: null, sample: null }
    if (type === 'none') {
      previews.push(empty)
      continue
    }
    if (type !== place.role.type) {
      problems.push(`${place.name}: ${key} holds a ${wordFor(type)}, not a ${wordOf[place.role.type]}.`)
      previews.push(empty)
      continue
    }
    previews.push({ ...empty, ...(await previewOf(redis, { declaration, place, problems })) })
  }
  return previews
}

async function previewOf(
  redis: RedisClient,
  { declaration, place, problems }: { declaration: DeclarationDraft; place: RolePlace; problems: string[] },
): Promise<Pick<RolePreview, 'count' | 'sample'>> {
  const [length] = await askAll(redis, [[countOf[place.role.type], place.place.key]])
  const count = length?.ok ? numberOf(length.value) : null
  try {
    const at = { redis, shelf: new Shelf(), declaration, place }
    const { rows } = await storePage(at, { cursor: null, limit: 1 })
    const [row] = rows
    if (!row) return { count, sample: null }
    const message = messageOf({ place }, row.bytes)
    if (place.role.inner !== null && message === row.bytes)
      problems.push(`${place.name}: nothing stands at ${place.role.inner} in what ${place.place.key} holds.`)
    return { count, sample: sampleOf(row, { place, message }) }
  } catch (error) {
    if (!isFailure(error)) throw error
    problems.push(`${place.name}: ${error.message}`)
    return { count, sample: null }
  }
}

const sampleOf = (row: Stored, { place, message }: { place: RolePlace; message: Buffer }) => ({
  summary: summaryOf(row, { state: place.state, place }),
  text: row.bytes.toString('utf8').slice(0, shownText),
  message: message === row.bytes ? null : message.toString('utf8').slice(0, shownText),
})

/** What the paths did not find in any of the samples, of what matters most. */
function pathProblems({ envelope }: DeclarationDraft, roles: readonly RolePreview[]): readonly string[] {
  const samples = roles.flatMap(({ role, sample }) => (sample ? [{ role, summary: sample.summary }] : []))
  if (samples.length === 0) return []
  const problems: string[] = []
  if (envelope.enqueuedAt !== null && samples.every(({ summary }) => summary.enqueuedAt === null))
    problems.push(`No message tells when it came, at ${envelope.enqueuedAt}: ages will be unknown.`)
  const dead = samples.find(({ role }) => role === 'dead')
  if (dead && envelope.error !== null && dead.summary.error === null)
    problems.push(`The dead letter that was looked at tells no error, at ${envelope.error}.`)
  return problems
}

const wordFor = (type: string): string => wordOf[type as DeclaredRole['type']] ?? type

const countOf: Readonly<Record<DeclaredRole['type'], string>> = {
  list: 'LLEN',
  zset: 'ZCARD',
  hash: 'HLEN',
  stream: 'XLEN',
}
