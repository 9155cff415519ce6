import { pause, systemClock } from '../runtime/clock'

/** Waits about as long, as life does. */
export const aboutMs = (ms: number): Promise<boolean> => pause(systemClock, ms * (0.4 + Math.random() * 1.2))

/** Does something `perSecond` times a second, on average, until the thread ends. What fails once is no reason to stop. */
export async function again(perSecond: number, act: () => Promise<unknown>): Promise<never> {
  for (;;) {
    await act().catch(() => {})
    await aboutMs(1_000 / perSecond)
  }
}

export const pick = <T>(choices: readonly T[]): T => choices[Math.floor(Math.random() * choices.length)] as T

let counter = 0
/** Ids that a person can tell apart. */
export const next = (): number => ++counter
