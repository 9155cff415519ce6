import { useCallback } from 'react'
import { useConsole } from '../stores/console'
import { useAnswer } from './use-answer'
import { useEvery } from './use-every'

const everyMs = 5_000

/** The workers of an environment, asked again while the screen is open. */
export function useWorkers(environmentId: string) {
  const { client } = useConsole()
  const ask = useCallback(
    async (signal: AbortSignal) => ({
      reports: await client.environments.workers({ environmentId }, { signal }),
      takenAt: Date.now(),
    }),
    [client, environmentId],
  )
  const answer = useAnswer(ask)
  useEvery(everyMs, answer.reload)
  return answer
}
