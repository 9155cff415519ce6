import type { PlanRequest } from '@shared/model/plan'
import { createStore } from 'zustand/vanilla'

/** What a screen wants done; the plan dialog, which belongs to no screen, takes it from here. */
export interface PlanAsk {
  readonly request: PlanRequest
  /** Said in the head until the plan itself knows: "Replay 392". */
  readonly heading: string
  /** Called when it was committed: the screen drops its selection. */
  readonly onCommitted?: () => void
}

export const planRequest = createStore<{ readonly ask: PlanAsk | null }>(() => ({ ask: null }))

export const askForPlan = (ask: PlanAsk): void => planRequest.setState({ ask })
export const closePlan = (): void => planRequest.setState({ ask: null })
