import type { MessageState, MessageSummary } from '@shared/model/message'
import { visible } from '@shared/payload/visible'
import { bytes, unknown } from '../design/number-format'
import type { Column } from '../design/table-props'
import { Time } from '../design/time'

type MessageColumn = Column<MessageSummary>

const id: MessageColumn = {
  id: 'id',
  head: 'Id',
  width: 'minmax(96px, 140px)',
  cell: (message) => (
    <span className="font-mono text-12" title={visible(message.id)}>
      {visible(message.id)}
    </span>
  ),
}

const name: MessageColumn = {
  id: 'name',
  head: 'Name',
  width: 'minmax(72px, 120px)',
  cell: (message) => (message.name === null ? <span className="text-faint">{unknown}</span> : visible(message.name)),
}

const time = (key: 'enqueuedAt' | 'dueAt' | 'finishedAt', head: string): MessageColumn => ({
  id: key,
  head,
  width: '104px',
  align: 'end',
  cell: (message) => <Time at={message[key]} />,
})

const attempts: MessageColumn = {
  id: 'attempts',
  head: 'Attempts',
  width: '72px',
  align: 'end',
  cell: ({ attempts: made, maxAttempts }) => (
    <span className="tabular">
      {made ?? unknown}
      {maxAttempts !== null && <span className="text-faint"> of {maxAttempts}</span>}
    </span>
  ),
}

const size: MessageColumn = {
  id: 'size',
  head: 'Size',
  width: '72px',
  align: 'end',
  cell: (message) => <span className="tabular text-muted">{bytes(message.bytes)}</span>,
}

const payload: MessageColumn = {
  id: 'payload',
  head: 'Payload',
  width: 'minmax(160px, 2fr)',
  cell: (message) => <span className="font-mono text-12 text-muted">{visible(message.preview)}</span>,
}

const error: MessageColumn = {
  id: 'error',
  head: 'Error',
  width: 'minmax(160px, 2fr)',
  cell: (message) => (message.error === null ? <span className="text-faint">{unknown}</span> : visible(message.error)),
}

/** Within one cause the error says nothing new, and the payload everything. */
export const causeColumns = (narrow: boolean): readonly MessageColumn[] =>
  narrow
    ? [id, time('finishedAt', 'Died'), payload]
    : [id, name, time('finishedAt', 'Died'), attempts, { ...error, width: 'minmax(120px, 1fr)' }, payload]

const narrowColumns: Readonly<Record<MessageState, readonly MessageColumn[]>> = {
  ready: [time('enqueuedAt', 'Age'), payload],
  leased: [time('enqueuedAt', 'Age'), payload],
  delayed: [time('dueAt', 'Due'), payload],
  dead: [time('finishedAt', 'Died'), error],
  done: [time('finishedAt', 'Done'), payload],
}

/** What matters of a message differs with its state. `narrow`: beside an open inspector only the essential stays. */
export function messageColumns(state: MessageState, narrow: boolean): readonly MessageColumn[] {
  if (narrow) return [id, ...narrowColumns[state]]
  switch (state) {
    case 'ready':
      return [id, name, time('enqueuedAt', 'Enqueued'), attempts, size, payload]
    case 'leased':
      return [id, name, time('enqueuedAt', 'Enqueued'), attempts, size, payload]
    case 'delayed':
      return [id, name, time('dueAt', 'Due'), attempts, size, payload]
    case 'dead':
      return [id, name, time('finishedAt', 'Died'), attempts, error, { ...payload, width: 'minmax(120px, 1fr)' }]
    case 'done':
      return [id, name, time('finishedAt', 'Done'), attempts, size, payload]
  }
}
