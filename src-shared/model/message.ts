import { z } from 'zod'

export const messageStates = ['ready', 'leased', 'delayed', 'dead', 'done'] as const
export const MessageState = z.enum(messageStates)
export type MessageState = z.infer<typeof MessageState>

/** A row of a message table: small enough for thousands, read without parsing any payload. Times are epoch milliseconds. */
export const MessageSummary = z.object({
  id: z.string(),
  state: MessageState,
  /** The job's name where the layout has one. */
  name: z.string().nullable(),
  enqueuedAt: z.number().nullable(),
  /** When a delayed message becomes ready. */
  dueAt: z.number().nullable(),
  /** When it died or was done. */
  finishedAt: z.number().nullable(),
  /** Attempts begun so far. */
  attempts: z.number().nullable(),
  maxAttempts: z.number().nullable(),
  /** Size of the body in bytes. */
  bytes: z.number().nullable(),
  /** The first 120 characters of the body, decoded leniently for display only. */
  preview: z.string(),
  /** The error's first line, for a dead letter. */
  error: z.string().nullable(),
})
export type MessageSummary = z.infer<typeof MessageSummary>

/** `cursor` is opaque and names a place, never an offset: pages neither repeat nor skip while messages arrive. */
export const MessagePage = z.object({
  items: z.array(MessageSummary),
  nextCursor: z.string().nullable(),
  total: z.number().nullable(),
})
export type MessagePage = z.infer<typeof MessagePage>

/** One attempt or event in a message's life, oldest first. */
export const HistoryEvent = z.object({
  at: z.number().nullable(),
  event: z.string(),
  detail: z.string().nullable(),
  attempt: z.number().nullable(),
  /** Which state it led from and to, who did it, and under which lease; absent where the layout does not say. */
  from: MessageState.nullable().optional(),
  to: MessageState.nullable().optional(),
  actor: z.string().nullable().optional(),
  fence: z.string().nullable().optional(),
})
export type HistoryEvent = z.infer<typeof HistoryEvent>

export const MessageError = z.object({ name: z.string(), message: z.string(), stack: z.string().nullable() })
export type MessageError = z.infer<typeof MessageError>

/**
 * Body bytes as base64, or the reason why they were not pulled. `digest` is the sha-256 of the whole body in hex:
 * an edit must present it again, so that nobody overwrites what changed meanwhile.
 */
export const Body = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('whole'), base64: z.string(), bytes: z.number(), digest: z.string() }),
  z.object({ kind: z.literal('withheld'), bytes: z.number(), reason: z.string() }),
  z.object({ kind: z.literal('missing'), reason: z.string() }),
])
export type Body = z.infer<typeof Body>

/** Largest body that is pulled whole when a message is opened; larger ones are withheld and only measured. */
export const wholeBodyLimit = 8 * 1024 * 1024

/** Redis has no way to read a part of a hash field: even its first bytes would be copied whole, and everybody else would wait. */
export const withheldReason =
  'Payloads above 8 MiB are not pulled: Redis would copy one whole even for its first bytes, and all others would wait meanwhile.'

export const MessageDetail = z.object({
  summary: MessageSummary,
  body: Body,
  attributes: z.array(z.object({ name: z.string(), value: z.string() })),
  /** What else its layout knows of it, in that layout's words: group, parent, progress, result. */
  facts: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
  error: MessageError.nullable(),
  history: z.array(HistoryEvent),
  logs: z.array(z.string()),
})
export type MessageDetail = z.infer<typeof MessageDetail>

/** What a person means, not a page of it. `cause` narrows to one error fingerprint; `except` are rows taken out by hand. */
export const Selection = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ids'), state: MessageState, ids: z.array(z.string().max(1024)).min(1).max(1000) }),
  z.object({
    kind: z.literal('all'),
    state: MessageState,
    cause: z.string().nullable(),
    except: z.array(z.string().max(1024)).max(1000),
  }),
])
export type Selection = z.infer<typeof Selection>

/** Dead letters with one and the same error fingerprint. */
export const Cause = z.object({
  key: z.string(),
  title: z.string(),
  count: z.number(),
  firstAt: z.number().nullable(),
  lastAt: z.number().nullable(),
  queues: z.array(z.object({ key: z.string(), count: z.number() })),
  /** Deaths per bucket over the span scanned, oldest first; for the trend. */
  trend: z.array(z.number()),
})
export type Cause = z.infer<typeof Cause>

/** A queue whose dead letters could not be read, and why with what to do. */
const UnreadQueue = z.object({ key: z.string(), words: z.string() })

/** `scanned` of `total` dead letters were sorted, newest first, and none of the `unread` queues: bounds are part of the answer. */
export const CauseReport = z.object({
  causes: z.array(Cause),
  scanned: z.number(),
  total: z.number().nullable(),
  unread: z.array(UnreadQueue),
})
export type CauseReport = z.infer<typeof CauseReport>
