import { createHash } from 'node:crypto'
import { Failure } from '@shared/failure'
import type { Capability } from '@shared/model/capability'
import type { Environment } from '@shared/model/environment'
import { layoutFacts, pluralOf } from '@shared/model/known-layouts'
import { type MessageState, type MessageSummary, type Selection, wholeBodyLimit } from '@shared/model/message'
import type { Plan, PlanKind, PlanRequest, PlanSample, Run } from '@shared/model/plan'
import type { QueueAddress } from '@shared/model/queue'
import { phraseOf } from '@shared/model/replay-offer'
import type { Reader } from '../brokers/reader'
import { walkSelection } from './selection'

/** Rows looked at, at most, to count a selection that the broker cannot count by itself. */
const countBound = 200_000
const sampleRows = 10

/** What the selection holds, without touching it. */
export interface Survey {
  readonly count: number
  /** Sum over the rows seen, scaled up when only some were. */
  readonly bytes: number
  readonly rows: readonly MessageSummary[]
}

export async function surveySelection(reader: Reader, queue: QueueAddress, selection: Selection): Promise<Survey> {
  const countable = selection.kind === 'all' && selection.cause === null
  const rows: MessageSummary[] = []
  let seen = 0
  let bytes = 0
  for await (const page of walkSelection(reader, queue, selection)) {
    rows.push(...page.slice(0, sampleRows - rows.length))
    seen += page.length
    for (const row of page) bytes += row.bytes ?? 0
    if (countable || seen >= countBound) break
  }
  if (!countable) return { count: seen, bytes, rows }
  const { total } = await reader.browse(queue, { state: selection.state, cursor: null, limit: 1 })
  const count = Math.max(0, (total ?? seen) - selection.except.length)
  return { count, bytes: seen === 0 ? 0 : Math.round((bytes / seen) * count), rows }
}

/** Hash over what is to be done, to what, and where: a commit is for this and nothing else. */
export function digestOf(identity: string, request: PlanRequest, survey: Survey): string {
  const facts = [
    identity,
    request.environmentId,
    request.queue,
    request.action,
    request.selection,
    survey.count,
    survey.rows.map(({ id }) => id),
  ]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex')
}

/** Before and after, as text, for the rows of an edit; the rows alone otherwise. */
export async function samplesOf(
  reader: Reader,
  queue: QueueAddress,
  request: PlanRequest,
  survey: Survey,
): Promise<readonly PlanSample[]> {
  if (request.action.kind !== 'edit') return survey.rows.map((summary) => ({ summary, before: null, after: null }))
  const summary = survey.rows[0]
  if (!summary) return []
  const { body } = await reader.inspect(queue, summary.id)
  const after = Buffer.from(request.action.base64, 'base64')
  if (after.byteLength > wholeBodyLimit) {
    throw new Failure({
      code: 'too-large',
      message: 'The edited payload is larger than 8 MiB.',
      hint: 'Make it smaller.',
      subject: 'base64',
    })
  }
  if (body.kind === 'whole' && body.digest !== request.action.expectedDigest) {
    throw new Failure({
      code: 'changed',
      message: 'This message changed since it was opened.',
      hint: 'Open it again and edit what is there now.',
      subject: summary.id,
    })
  }
  const before = body.kind === 'whole' ? Buffer.from(body.base64, 'base64').toString('utf8') : null
  return [{ summary, before, after: after.toString('utf8') }]
}

export interface PlanFacts {
  readonly request: PlanRequest
  readonly environment: Environment
  readonly queue: QueueAddress
  readonly survey: Survey
  readonly samples: readonly PlanSample[]
  readonly digest: string
  readonly capability: Capability
  /** For bringing back what this queue holds. */
  readonly verb: string
  readonly readOnly: boolean
  readonly undoing: Run | undefined
}

/** Pure: how long an archive is kept, milliseconds. */
export const keepMs = 30 * 86_400_000

/** Pure: the words and bounds of a plan, all but its ticket. */
export function describePlan(facts: PlanFacts, now: number): Omit<Plan, 'ticket' | 'expiresAt'> {
  const { request, environment, queue, survey } = facts
  const { kind } = request.action
  return {
    request,
    environmentName: environment.name,
    tier: environment.effectiveTier,
    queueName: queue.name,
    count: survey.count,
    bytes: survey.bytes,
    digest: facts.digest,
    samples: [...facts.samples],
    typedName: environment.effectiveTier === 'production' ? queue.name : null,
    refusal: refusalOf(facts),
    warnings: warningsOf(facts),
    verb: facts.verb,
    keeps: keepsOf(kind, queue),
    lost: lostOf(kind, request.selection?.state),
    undoable: isUndoable(kind),
    keptUntil: now + keepMs,
  }
}

export const isUndoable = (kind: PlanKind): boolean => kind !== 'undo'

interface TitleFacts extends Pick<PlanFacts, 'queue' | 'verb' | 'undoing'> {
  readonly kind: PlanKind
  readonly count: number
}

/** A run's title in its system's words: "Retry 392 jobs of webhooks". */
export function titleOf({ kind, count, queue, verb, undoing }: TitleFacts): string {
  const { item } = layoutFacts[queue.layout]
  const messages = `${count.toLocaleString('en-US')} ${count === 1 ? item : pluralOf(item)} of ${queue.name}`
  switch (kind) {
    case 'replay':
      return phraseOf(verb, messages)
    case 'edit':
      return `Edit ${messages}`
    case 'discard':
      return `Discard ${messages}`
    case 'purge':
      return `Purge ${messages}`
    case 'undo':
      return `Undo “${undoing?.title ?? 'an earlier run'}”`
  }
}

function refusalOf({ request, environment, survey, capability, readOnly, undoing }: PlanFacts): string | null {
  if (readOnly) return `${environment.name} is production and read-only. Unlock it for 15 minutes first.`
  if (capability.answer === 'no' || capability.answer === 'unknown') return capability.reason
  if (undoing && (!undoing.undoable || undoing.undoneBy !== null)) return 'This run was undone already.'
  if (survey.count === 0) return 'Nothing matches any more.'
  if (request.action.kind === 'edit' && survey.count !== 1) return 'One message is edited at a time.'
  return null
}

function warningsOf({ request, capability, survey }: PlanFacts): string[] {
  const warnings: string[] = []
  if (capability.answer === 'priced') warnings.push(capability.price)
  const wasTried = survey.rows.some(({ attempts }) => attempts !== 0)
  if (request.action.kind === 'replay' && request.selection?.kind === 'all' && wasTried) {
    warnings.push('A message may have done part of its work before it failed: replaying repeats that part.')
  }
  const large = survey.rows.filter((row) => (row.bytes ?? 0) > wholeBodyLimit).length
  if (large > 0)
    warnings.push(`${large} of the first ${survey.rows.length} are larger than 8 MiB: archiving them takes longer.`)
  return warnings
}

function keepsOf(kind: PlanKind, { layout }: QueueAddress): string {
  const { replayKeeps = 'keeps ids, payloads, priorities and history', editKeeps = 'keeps id, priority and history' } =
    layoutFacts[layout]
  switch (kind) {
    case 'replay':
      return replayKeeps
    case 'edit':
      return `${editKeeps}; the payload before is archived`
    case 'discard':
    case 'purge':
      return 'every byte is archived first'
    case 'undo':
      return 'puts back ids, payloads and history byte for byte'
  }
}

function lostOf(kind: PlanKind, state: MessageState | undefined): string {
  switch (kind) {
    case 'replay':
      return state === 'dead'
        ? 'what a worker has taken since, and their place among the dead letters'
        : 'what a worker has taken since'
    case 'edit':
      return 'what a worker did with the edited payload'
    case 'discard':
    case 'purge':
      return 'their place in the queue, where it has an order'
    case 'undo':
      return 'their place in the queue, where it has an order'
  }
}
