import type { ActOffer, ActReport } from '@shared/model/act'
import type { QueueAddress } from '@shared/model/queue'

/**
 * What a system offers beyond Remedies: a native redrive, a claim, a purge that keeps nothing. Only safety/special-acts calls
 * `act`, after tier, typed name and audit; an act checks again for itself that it may be done now.
 */
export interface Acts {
  /** Reads only. In the order in which a person should see them. */
  offers(queue: QueueAddress): Promise<readonly ActOffer[]>
  /** Throws Failure 'bad-input' that names the field, 'unsupported' with the reason, or what the broker said. */
  act(queue: QueueAddress, request: ActRequest): Promise<ActReport>
}

export interface ActRequest {
  readonly id: string
  readonly values: Readonly<Record<string, string>>
}
