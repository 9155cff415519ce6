import type { QueueKey } from '@shared/model/queue'
import { useCallback } from 'react'
import { useConsole } from '../../stores/console'
import { TailView } from '../tail-view'

interface TailTabProps {
  readonly environmentId: string
  readonly queue: QueueKey
}

const recent = 50

export function TailTab({ environmentId, queue }: TailTabProps) {
  const { client } = useConsole()
  const open = useCallback(
    (signal: AbortSignal) => client.queues.tail({ environmentId, queue, recent }, { signal }),
    [client, environmentId, queue],
  )
  return <TailView open={open} />
}
