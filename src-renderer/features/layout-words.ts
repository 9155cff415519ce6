import { layoutFacts, pluralOf } from '@shared/model/known-layouts'
import { type MessageState, messageStates } from '@shared/model/message'
import type { Layout } from '@shared/model/queue'
import { replayOfferOf } from '@shared/model/replay-offer'
import { stateLook } from './state-mark'

/** A state in the words of the queue's own system; in ours while the layout is not known. */
export const stateWord = (layout: Layout | undefined, state: MessageState): string =>
  (layout && layoutFacts[layout].states[state]) ?? stateLook[state].word

/** The states that a layout knows. */
export const statesOf = (layout: Layout | undefined): readonly MessageState[] =>
  layout ? messageStates.filter((state) => layoutFacts[layout].states[state] !== null) : messageStates

/** What it calls the space that a name is good in. */
export const spaceWord = (layout: Layout | undefined): string => (layout && layoutFacts[layout].space) ?? 'space'

/** "Retry", "Requeue": its own verb for bringing a dead letter back. */
export const replayWord = (layout: Layout | undefined): string => replayOfferOf(layout, undefined).verb

/** "job", "task", "message". */
export const itemWord = (layout: Layout | undefined, count = 1): string => {
  const one = layout ? layoutFacts[layout].item : 'message'
  return count === 1 ? one : pluralOf(one)
}
