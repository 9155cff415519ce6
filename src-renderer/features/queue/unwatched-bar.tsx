import { parseQueueKey, type QueueKey } from '@shared/model/queue'
import { useState } from 'react'
import { Bar } from '../../design/bar'
import { Button } from '../../design/button'
import { showNotice } from '../../design/toast'
import { useConsole, useEnvironment, useFeed } from '../../stores/console'
import { troubleOf } from '../../stores/trouble'

interface UnwatchedBarProps {
  readonly environmentId: string
  readonly queue: QueueKey
}

/** Said of a queue that is open and not among those that are watched: deleted meanwhile, or never found. */
export function UnwatchedBar({ environmentId, queue }: UnwatchedBarProps) {
  const { client } = useConsole()
  const { state } = useEnvironment(environmentId)
  const isUnwatched = useFeed(environmentId, (feed) => feed.phase === 'live' && !feed.queues.has(queue))
  const [asked, setAsked] = useState(false)
  // While it is being looked for, nothing is known of it yet.
  if (!isUnwatched || state?.phase !== 'connected' || state.keysWalked !== null) return null
  const look = async () => {
    setAsked(true)
    try {
      await client.environments.lookAgain({ environmentId })
    } catch (error) {
      const { message, hint } = troubleOf(error)
      showNotice({ title: message, detail: hint, tone: 'red' })
    } finally {
      setAsked(false)
    }
  }
  return (
    <Bar
      tone="amber"
      action={
        <Button small why={asked ? 'It is on its way.' : null} onClick={() => void look()}>
          Look for queues again
        </Button>
      }
    >
      {parseQueueKey(queue)?.name ?? queue} is not among the queues that were found: it was deleted, it is gone while it
      is empty, or more are here than are watched. Its lists show what is there now.
    </Bar>
  )
}
