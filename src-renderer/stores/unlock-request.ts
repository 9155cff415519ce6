import { createStore } from 'zustand/vanilla'

/** The environment whose unlock dialog is open. */
interface UnlockRequest {
  readonly environmentId: string | null
  /** What was wanted before the lock stood in the way; done once it is open. */
  readonly andThen: (() => void) | null
}

export const unlockRequest = createStore<UnlockRequest>(() => ({ environmentId: null, andThen: null }))

export const askForUnlock = (environmentId: string, andThen: (() => void) | null = null): void =>
  unlockRequest.setState({ environmentId, andThen })

export const closeUnlock = (): void => unlockRequest.setState({ environmentId: null, andThen: null })
