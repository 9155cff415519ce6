import type { HistoryEvent, MessageState } from '@shared/model/message'
import type { StoredMessage } from '../../driver-messages'
import { partsOfId, priorityOfScore, timeOfId } from './ids'
import { defaultPriority } from './keys'
import { historyOf, lastFailure, type Meta, parseMeta, parseMetaHead } from './meta'
import { notesOf } from './notes'
import { attemptsOf, dueAtOf, endedAtOf, type Row } from './rows'

/** What was read of a message beside its place; null and undefined: there is none. */
export interface HeldOfRow {
  readonly body: Buffer
  readonly meta: Buffer | null | undefined
  readonly result: Buffer | null | undefined
  readonly notes: Buffer | null | undefined
  readonly kids: Buffer | null | undefined
}

/** A message as it was found. Its history is read when it is asked for: a page is read far more often than that of each on it. */
export class StoredRow implements StoredMessage {
  readonly id: string
  readonly group: string | null
  readonly ownId: string | null
  readonly state: MessageState
  readonly body: Uint8Array
  readonly attributes: Readonly<Record<string, string>>
  readonly priority: number | null
  readonly maxAttempts: number | null
  readonly replays: number
  readonly enqueuedAt: number
  readonly dueAt: number | null
  readonly finishedAt: number | null
  readonly result: string | null
  readonly progress: string | null
  readonly logs: readonly string[]
  readonly pendingChildren: number
  readonly #bytes: Buffer | null | undefined
  #meta: Meta | undefined

  constructor(row: Row, { body, meta, result, notes, kids }: HeldOfRow) {
    const { group, ownId } = partsOfId(row.id)
    const { attributes, maxAttempts = null, deaths } = parseMetaHead(meta)
    const { progress, logs } = notesOf(notes)
    this.id = row.id
    this.group = group
    this.ownId = ownId
    this.state = row.state
    this.body = body
    this.attributes = attributes
    this.priority = priorityIn(row)
    this.maxAttempts = maxAttempts
    this.replays = Math.max(deaths - (row.state === 'dead' ? 1 : 0), 0)
    this.enqueuedAt = timeOfId(row.id)
    this.dueAt = dueAtOf(row)
    this.finishedAt = endedAtOf(row)
    this.result = result?.toString('utf8') ?? null
    this.progress = progress
    this.logs = logs
    this.pendingChildren = kids ? Number(kids.toString('latin1').split('/')[0]) : 0
    this.#bytes = meta
  }

  get attempts(): number {
    return attemptsOf(this.state, this.#read())
  }

  get error(): StoredMessage['error'] {
    const { events, stack } = this.#read()
    const last = lastFailure(events)
    return last ? { name: last.name, message: last.message, stack } : null
  }

  get history(): readonly HistoryEvent[] {
    return historyOf(this.#read())
  }

  toJSON(): StoredMessage {
    return { ...this, attempts: this.attempts, error: this.error, history: this.history }
  }

  #read(): Meta {
    this.#meta ??= parseMeta(this.#bytes)
    return this.#meta
  }
}

const withScore: ReadonlySet<MessageState> = new Set(['delayed', 'dead', 'done'])

/** null: it stands in a list that was not told. */
const priorityIn = ({ state, score, list }: Row): number | null =>
  score !== null && withScore.has(state) ? priorityOfScore(score) : state === 'ready' ? (list ?? null) : defaultPriority
