import type { ActOffer } from '@shared/model/act'
import { createStore } from 'zustand/vanilla'

/** What a screen wants done by a system's own means; the dialog, which belongs to no screen, takes it from here. */
export interface ActAsk {
  readonly environmentId: string
  readonly queue: string
  readonly queueName: string
  readonly offer: ActOffer
  /** Called when it was done. */
  readonly onDone: () => void
}

export const actRequest = createStore<{ readonly ask: ActAsk | null }>(() => ({ ask: null }))

export const askForAct = (ask: ActAsk): void => actRequest.setState({ ask })
export const closeAct = (): void => actRequest.setState({ ask: null })
