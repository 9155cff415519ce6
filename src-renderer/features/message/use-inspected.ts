import type { MessageDetail } from '@shared/model/message'
import type { QueueKey } from '@shared/model/queue'
import { useCallback, useEffect, useRef } from 'react'
import { useConsole } from '../../stores/console'
import { type Answer, useAnswer } from '../use-answer'

interface InspectedRef {
  readonly environmentId: string
  readonly queue: QueueKey
  readonly id: string
}

const lookEveryMs = 2_000
/** A larger body is not pulled again and again for what stands beside it. */
const largestLookedAt = 64 * 1024

/** One message; looked at again while a worker is at it, since it tells its progress meanwhile. */
export function useInspected({ environmentId, queue, id }: InspectedRef): Answer<MessageDetail> {
  const { client } = useConsole()
  const last = useRef<MessageDetail | null>(null)
  const ask = useCallback(
    async (signal: AbortSignal) => {
      const detail = await client.messages.inspect({ environmentId, queue, id }, { signal })
      last.current = steady(last.current, detail)
      return last.current
    },
    [client, environmentId, queue, id],
  )
  const answer = useAnswer(ask)
  const { value, trouble, reload } = answer
  const atWork =
    trouble === null && value?.summary.state === 'leased' && (value.summary.bytes ?? Infinity) <= largestLookedAt
  useEffect(() => {
    if (!atWork) return
    const timer = setInterval(reload, lookEveryMs)
    return () => clearInterval(timer)
  }, [atWork, reload])
  return answer
}

/** The same body stays the same object: what shows it keeps its place and its selection. */
export function steady(before: MessageDetail | null, now: MessageDetail): MessageDetail {
  const same =
    before?.summary.id === now.summary.id &&
    before.body.kind === 'whole' &&
    now.body.kind === 'whole' &&
    before.body.digest === now.body.digest
  return same ? { ...now, body: before.body } : now
}
