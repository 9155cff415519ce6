import type { MessageDetail, MessageState, MessageSummary } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import { previewOf, wholeBody } from '../body-text'
import { formatElementId } from '../element-id'
import type { PlacedElement } from '../element-pages'
import type { Element } from '../element-sequence'
import { classOf, type Failed, failedOf } from './job'
import { kindOf, type QueueKind } from './keys'

/** The one state that jobs have in a queue of this kind. */
export const stateOf: Readonly<Record<QueueKind, MessageState>> = { queue: 'ready', failed: 'dead', delayed: 'delayed' }

/** What a worker is given: of an entry of the failed list its payload, byte for byte. */
export const bodyOf = (queue: QueueAddress, bytes: Buffer): Buffer =>
  kindOf(queue) === 'failed' ? (failedOf(bytes)?.payload ?? bytes) : bytes

export function rowOf(queue: QueueAddress, element: PlacedElement): MessageSummary {
  const { bytes, handle, copy, score } = element
  const kind = kindOf(queue)
  const failed = kind === 'failed' ? failedOf(bytes) : null
  const body = failed?.payload ?? bytes
  return {
    id: formatElementId({ label: null, handle, copy }),
    state: stateOf[kind],
    name: failed ? failed.class : classOf(bytes),
    // Resque writes no time of enqueueing, and counts no attempts.
    enqueuedAt: null,
    dueAt: kind === 'delayed' && score !== null ? Number(score) * 1000 : null,
    finishedAt: failed?.failedAt ?? null,
    attempts: null,
    maxAttempts: null,
    bytes: body.length,
    preview: previewOf(body),
    error: failed ? firstLine(failed) : null,
  }
}

const firstLine = ({ exception, error }: Failed): string =>
  `${exception ? `${exception}: ` : ''}${error ?? ''}`.split('\n', 1)[0]!.slice(0, 500)

export function detailOf(queue: QueueAddress, element: Element, copy: number): MessageDetail {
  const summary = rowOf(queue, { ...element, copy })
  const failed = kindOf(queue) === 'failed' ? failedOf(element.bytes) : null
  const at = summary.finishedAt
  return {
    summary,
    body: wholeBody(failed?.payload ?? element.bytes),
    attributes: Object.entries({
      queue: failed?.queue,
      worker: failed?.worker,
      'retried at': failed?.retriedAt,
      'due at': summary.dueAt === null ? null : new Date(summary.dueAt).toISOString(),
    }).flatMap(([name, value]) => (value == null ? [] : [{ name, value }])),
    error: failed && {
      name: failed.exception ?? 'Error',
      message: failed.error ?? '',
      stack: failed.backtrace,
    },
    history: failed ? [{ at, event: 'failed', detail: firstLine(failed), attempt: null }] : [],
    logs: [],
  }
}
