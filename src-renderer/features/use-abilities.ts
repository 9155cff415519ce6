import type { Ability, Capabilities } from '@shared/model/capability'
import type { QueueKey } from '@shared/model/queue'
import { useCallback } from 'react'
import { useConsole } from '../stores/console'
import { useAnswer } from './use-answer'
import { abilityRefusal } from './write-refusal'

interface QueueRef {
  readonly environmentId: string
  readonly queue: QueueKey | null
}

/** Why an ability is missing here, once the core has said so; until then everything may be tried. */
export function useAbilities({ environmentId, queue }: QueueRef): (ability: Ability) => string | null {
  const { client } = useConsole()
  const ask = useCallback(
    (signal: AbortSignal): Promise<Capabilities | null> =>
      queue === null ? Promise.resolve(null) : client.queues.capabilities({ environmentId, queue }, { signal }),
    [client, environmentId, queue],
  )
  const { value } = useAnswer(ask)
  return (ability) => abilityRefusal(value?.[ability])
}
