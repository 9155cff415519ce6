import type { MessageState, MessageSummary } from '@shared/model/message'
import { previewOf } from '../body-text'
import { textOfJson } from './envelope'
import type { RolePlace } from './places'
import type { Stored } from './stored'

/** Pure: one row. The payload's beginning is shown, where the layout says which it is; the bytes count all that stands there. */
export function summaryOf(
  stored: Stored,
  { state, place }: { state: MessageState; place: RolePlace | null },
): MessageSummary {
  const { envelope, bytes } = stored
  const isOver = state === 'dead' || state === 'done'
  const at = place ? timeOfScore(place, stored.score) : null
  return {
    id: stored.id,
    state,
    name: envelope.name,
    enqueuedAt: envelope.enqueuedAt ?? stored.addedAt,
    dueAt: state === 'delayed' ? at : null,
    finishedAt: isOver ? (envelope.failedAt ?? at ?? (state === 'done' ? envelope.enqueuedAt : null)) : null,
    attempts: envelope.attempts,
    maxAttempts: envelope.maxAttempts,
    bytes: bytes.length,
    preview: previewOf(envelope.payload ? Buffer.from(textOfJson(envelope.payload) ?? '') : bytes),
    error: state === 'dead' ? (envelope.error?.message.split('\n', 1)[0]?.slice(0, 500) ?? null) : null,
  }
}

/** Milliseconds; null: no time stands there. */
export function timeOfScore({ role }: RolePlace, score: string | null): number | null {
  if (role.type !== 'zset' || role.score === 'priority' || score === null) return null
  const number = Number(score)
  if (!Number.isFinite(number)) return null
  return Math.round(role.score === 's' ? number * 1000 : number)
}

export const scoreOfTime = ({ role }: Pick<RolePlace, 'role'>, ms: number): string =>
  role.type === 'zset' && role.score === 's' ? String(ms / 1000) : String(Math.round(ms))
