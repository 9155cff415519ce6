import type { HistoryEvent, MessageDetail } from '@shared/model/message'

export interface TimelineStep extends HistoryEvent {
  readonly kind: 'begin' | 'lease' | 'wait' | 'fail' | 'done' | 'other'
  /** Milliseconds since the event before; null where either time is unknown. */
  readonly sinceMs: number | null
}

/**
 * A message's whole life: where a layout records what happened in between only, its beginning and its good end are known from
 * the message itself.
 */
export function lifeOf({ summary, history }: Pick<MessageDetail, 'summary' | 'history'>): readonly HistoryEvent[] {
  const { enqueuedAt, finishedAt, state, attempts } = summary
  const [first, last] = [history[0], history.at(-1)]
  const begins = first !== undefined && kindOf(first.event) === 'begin'
  const ends = last !== undefined && kindOf(last.event) === 'done'
  return [
    ...(begins || enqueuedAt === null ? [] : [{ at: enqueuedAt, event: 'enqueued', detail: null, attempt: null }]),
    ...history,
    ...(ends || state !== 'done' ? [] : [{ at: finishedAt, event: 'done', detail: null, attempt: attempts }]),
  ]
}

/** Events with the time between them. Layouts name events in their own words; what they mean is read from the words. */
export const timelineOf = (history: readonly HistoryEvent[]): readonly TimelineStep[] =>
  history.map((event, index) => {
    const before = history[index - 1]?.at ?? null
    return {
      ...event,
      kind: kindOf(event.event),
      sinceMs: index === 0 || event.at === null || before === null ? null : Math.max(0, event.at - before),
    }
  })

function kindOf(event: string): TimelineStep['kind'] {
  if (/dead|die[ds]|fail|nack|expire|stall|error/i.test(event)) return 'fail'
  if (/done|ack|complet|finish/i.test(event)) return 'done'
  if (/lease|start|active|process|run/i.test(event)) return 'lease'
  if (/delay|retry|wait/i.test(event)) return 'wait'
  if (/enqueue|add|creat|replay|ready/i.test(event)) return 'begin'
  return 'other'
}
