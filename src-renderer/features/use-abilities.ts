import type { Ability, Capabilities } from '@shared/model/capability'
import { parseQueueKey, type QueueKey } from '@shared/model/queue'
import { type ReplayOffer, replayOfferOf } from '@shared/model/replay-offer'
import { useCallback } from 'react'
import { useConsole } from '../stores/console'
import { useAnswer } from './use-answer'
import { abilityRefusal } from './write-refusal'

interface QueueRef {
  readonly environmentId: string
  readonly queue: QueueKey | null
}

export interface Abilities {
  /** Why an ability is missing here, once the core has said so; until then everything may be tried. */
  readonly may: (ability: Ability) => string | null
  readonly replay: ReplayOffer
}

export function useAbilities({ environmentId, queue }: QueueRef): Abilities {
  const { client } = useConsole()
  const ask = useCallback(
    (signal: AbortSignal): Promise<Capabilities | null> =>
      queue === null ? Promise.resolve(null) : client.queues.capabilities({ environmentId, queue }, { signal }),
    [client, environmentId, queue],
  )
  const { value } = useAnswer(ask)
  return {
    may: (ability) => abilityRefusal(value?.[ability]),
    replay: replayOfferOf(parseQueueKey(queue ?? '')?.layout, value?.replay),
  }
}
