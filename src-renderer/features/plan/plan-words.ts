import type { Plan, PlanAction, PlanKind } from '@shared/model/plan'
import { parseQueueKey } from '@shared/model/queue'
import { bytes, count } from '../../design/number-format'
import { itemWord, replayWord } from '../layout-words'

const verbs: Readonly<Record<Exclude<PlanKind, 'replay'>, string>> = {
  edit: 'Edit',
  discard: 'Discard',
  purge: 'Purge',
  undo: 'Put back',
}

/** In the words of the queue's own system. */
export function verbOf(action: PlanAction, queue: string): string {
  const again = replayWord(parseQueueKey(queue)?.layout)
  if (action.kind === 'replay') return again
  return action.kind === 'edit' && action.thenReplay ? `Edit and ${again.toLowerCase()}` : verbs[action.kind]
}

/** Replays alone have outcomes, so they alone can be tried with a few first. */
export const hasOutcome = (action: PlanAction): boolean =>
  action.kind === 'replay' || (action.kind === 'edit' && action.thenReplay)

/** Takes away what cannot be seen in the queue afterwards. */
export const takesAway = (action: PlanAction): boolean => action.kind === 'discard' || action.kind === 'purge'

export function planTitle({ request: { action, queue }, count: messages, queueName }: Plan): string {
  return `${verbOf(action, queue)} ${count(messages)} ${itemWord(parseQueueKey(queue)?.layout, messages)} of ${queueName}`
}

export function planSummary(plan: Plan): string {
  const way = wayOf(plan.request.action)
  return [way, `about ${bytes(plan.bytes)}`, plan.keeps].filter(Boolean).join(' · ')
}

function wayOf(action: PlanAction): string {
  switch (action.kind) {
    case 'replay':
      return 'from dead letters to ready'
    case 'edit':
      return action.thenReplay ? 'the payload is changed, then it becomes ready' : 'the payload is changed in place'
    case 'discard':
    case 'purge':
      return 'out of the queue, into the archive'
    case 'undo':
      return 'out of the archive, back where they were'
  }
}

/** About how long it takes at a rate; null where there is no rate. */
export const planSeconds = (messages: number, ratePerSecond: number | null): number | null =>
  ratePerSecond === null || ratePerSecond <= 0 ? null : Math.ceil(messages / ratePerSecond)
