import type { MessageDetail, MessageState } from '@shared/model/message'
import type { RedisClient } from '../../clients/redis'
import { ask, type Command, textOf } from '../redis-asking'
import { resultKey } from './keys'

/** What the result backend says of a task, where it is this Redis and the result has not expired. */
export interface TaskResult {
  readonly status: string
  readonly result: unknown
  readonly traceback: string | null
  readonly doneAt: number | null
}

export async function resultsOf(redis: RedisClient, ids: readonly string[]): Promise<readonly (TaskResult | null)[]> {
  const texts = await ask(
    redis,
    ids.map((id): Command => ['GET', resultKey(id)]),
  )
  return texts.map((text) => readResult(textOf(text)))
}

/** null: no end. Celery's own words for states. */
export function endOf(result: TaskResult | null): Extract<MessageState, 'done' | 'dead'> | null {
  if (result?.status === 'SUCCESS') return 'done'
  return result?.status === 'FAILURE' || result?.status === 'REVOKED' ? 'dead' : null
}

export function errorOf(result: TaskResult | null): MessageDetail['error'] {
  if (endOf(result) !== 'dead' || !result) return null
  const told = result.result as { exc_type?: unknown; exc_message?: unknown } | null
  return {
    name: typeof told?.exc_type === 'string' ? told.exc_type : result.status,
    message: Array.isArray(told?.exc_message) ? told.exc_message.join(' ') : String(told?.exc_message ?? ''),
    stack: result.traceback,
  }
}

function readResult(text: string | null): TaskResult | null {
  if (text === null) return null
  try {
    const { status, result, traceback, date_done } = JSON.parse(text) as Record<string, unknown>
    const doneAt =
      typeof date_done === 'string' ? Date.parse(date_done.endsWith('Z') ? date_done : `${date_done}Z`) : Number.NaN
    return {
      status: String(status),
      result,
      traceback: typeof traceback === 'string' ? traceback : null,
      doneAt: Number.isFinite(doneAt) ? doneAt : null,
    }
  } catch {
    return null
  }
}
