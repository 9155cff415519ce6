import type { Capability } from './capability'
import { layoutFacts } from './known-layouts'
import type { MessageState } from './message'
import type { Layout } from './queue'

/** What a queue brings back: from which states, and by which verb of its system. */
export interface ReplayOffer {
  readonly from: readonly MessageState[]
  readonly verb: string
}

/** `capability`: the queue's own answer, which may name other states and another verb than its layout's; undefined: not known yet. */
export const replayOfferOf = (layout: Layout | undefined, capability: Capability | undefined): ReplayOffer => {
  const own = capability?.answer === 'yes' ? capability : undefined
  return { from: own?.from ?? ['dead'], verb: own?.verb ?? (layout ? layoutFacts[layout].replay : 'Replay') }
}

/** "Retry 3 jobs", "Add 3 jobs to queue": what it is done to stands behind the verb's first word. */
export function phraseOf(verb: string, object: string): string {
  const [first = verb, ...rest] = verb.split(' ')
  return [first, object, ...rest].join(' ')
}
