import type { Envelope, LayoutDeclaration } from './declaration'

/** The names that are in wide use for these values; a message may have any of them, or none. */
const common: Envelope = {
  id: 'id|jobId|messageId|_id',
  payload: 'payload|data|body',
  name: 'type|name|event',
  attempts: 'attempts|retries|retryCount|attempt',
  maxAttempts: 'maxAttempts|maxRetries',
  priority: 'priority',
  error: 'error|lastError|reason|failedReason',
  enqueuedAt: 'enqueuedAt|createdAt|timestamp|ts',
  startedAt: 'startedAt|processingStartedAt',
  failedAt: 'failedAt|diedAt',
}

const written = { times: 'ms', payloadAs: 'json', constants: {} } as const

/** `queue:NAME`, `queue:NAME:delayed`, `queue:NAME:processing`, `queue:NAME:dead`: LPUSH and BRPOP, with a hash of what is at work. */
const queueList: LayoutDeclaration = {
  id: 'queue-list',
  title: 'queue:NAME lists',
  roles: {
    ready: { type: 'list', key: 'queue:{name}', takeFrom: 'right', inner: null },
    delayed: { type: 'zset', key: 'queue:{name}:delayed', takeFirst: 'lowest', score: 'ms', inner: null },
    processing: { type: 'hash', key: 'queue:{name}:processing', holds: 'message', inner: null },
    dead: { type: 'list', key: 'queue:{name}:dead', takeFrom: 'right', inner: null },
    log: null,
  },
  dedup: null,
  channel: null,
  envelope: common,
  ...written,
  loses: [
    'A worker that dies between popping a message and writing it to processing loses it.',
    'A worker that dies later leaves its message in processing for ever: nothing there is sorted by time.',
    'Two delayed messages of the same bytes are one, since a sorted set holds each member once.',
    'Promoting by reading what is due and then deleting up to that time deletes what came in between, unseen.',
    'Retrying all by reading, pushing and deleting the list loses the messages that die meanwhile.',
  ],
}

/** `stream:NAME` read by `group:NAME`, with `stream:NAME:delayed`, `processing:NAME`, `dlq:NAME` and `dedup:NAME:*` beside it. */
const streamQueue: LayoutDeclaration = {
  id: 'stream-queue',
  title: 'stream:NAME with group:NAME',
  roles: {
    ready: { type: 'stream', key: 'stream:{name}', group: 'group:{name}', field: null, inner: null },
    delayed: { type: 'zset', key: 'stream:{name}:delayed', takeFirst: 'lowest', score: 'ms', inner: null },
    processing: { type: 'hash', key: 'processing:{name}', holds: 'note', inner: null },
    dead: { type: 'list', key: 'dlq:{name}', takeFrom: 'right', inner: null },
    log: null,
  },
  dedup: 'dedup:{name}:*',
  channel: null,
  envelope: common,
  ...written,
  loses: [
    'Trimming by length deletes entries that nobody has read, and takes the body from those that are pending.',
    'A retry that acknowledges and adds in two steps loses the message between them, or doubles it the other way round.',
    'A retry under a new id begins counting its deliveries anew, so that it may never reach the dead letters.',
    'A dedup key that is written before the entry burns its message for as long as it lives when the producer dies between.',
    'The processing hash repeats what the group holds already, and differs from it after every crash.',
    'A group that is created at $ is never given what was added before.',
  ],
}

/** `pqueue:NAME`: one sorted set, the lowest score first. */
const prioritySet: LayoutDeclaration = {
  id: 'priority-set',
  title: 'pqueue:NAME sorted sets',
  roles: {
    ready: { type: 'zset', key: 'pqueue:{name}', takeFirst: 'lowest', score: 'priority', inner: null },
    delayed: null,
    processing: null,
    dead: null,
    log: null,
  },
  dedup: null,
  channel: null,
  envelope: common,
  ...written,
  loses: [
    'A worker that dies after ZPOPMIN loses the message that it popped.',
    'Two workers that read by ZRANGE and remove by ZREM take the same message when neither looks at what ZREM answers.',
    'Two messages of the same bytes are one, since a sorted set holds each member once.',
    'Messages of one priority are taken in the order of their bytes, not in that in which they came.',
  ],
}

/** `events:TYPE`: each event is pushed to a list and published on a channel of the same name. */
const eventLog: LayoutDeclaration = {
  id: 'event-log',
  title: 'events:TYPE logs',
  roles: {
    ready: null,
    delayed: null,
    processing: null,
    dead: null,
    log: { type: 'list', key: 'events:{name}', takeFrom: 'right', inner: null },
  },
  dedup: null,
  channel: 'events:{name}',
  envelope: common,
  ...written,
  loses: [
    'Who is not connected while an event is published never gets it.',
    'An event may be in the list and not published, or the other way round: the two are written one after the other.',
    'Nobody takes events from the list, so that it grows until somebody trims it.',
  ],
}

/** Layouts that are known without anybody declaring them. A declaration of one's own with the same id stands in for its. */
export const shippedDeclarations: readonly LayoutDeclaration[] = [queueList, streamQueue, prioritySet, eventLog]
