import { createStore } from 'zustand/vanilla'

/** The environment whose unlock dialog is open. */
export const unlockRequest = createStore<{ readonly environmentId: string | null }>(() => ({ environmentId: null }))

export const askForUnlock = (environmentId: string): void => unlockRequest.setState({ environmentId })
export const closeUnlock = (): void => unlockRequest.setState({ environmentId: null })
