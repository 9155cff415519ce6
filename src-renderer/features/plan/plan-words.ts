import type { Plan, PlanAction, PlanKind, PlanRequest } from '@shared/model/plan'
import { parseQueueKey } from '@shared/model/queue'
import { phraseOf } from '@shared/model/replay-offer'
import { bytes, count } from '../../design/number-format'
import { itemWord } from '../layout-words'

const verbs: Readonly<Record<Exclude<PlanKind, 'replay'>, string>> = {
  edit: 'Edit',
  discard: 'Discard',
  purge: 'Purge',
  undo: 'Put back',
}

/** In the words of the queue's own system. */
function verbOf({ request: { action }, verb }: Plan): string {
  if (action.kind === 'replay') return verb
  return action.kind === 'edit' && action.thenReplay ? `Edit and ${verb.toLowerCase()}` : verbs[action.kind]
}

/** "Retry 3", "Edit and retry 1", "Add 3 to queue". */
export const planDeed = (plan: Plan, object = count(plan.count)): string =>
  plan.request.action.kind === 'replay' ? phraseOf(plan.verb, object) : `${verbOf(plan)} ${object}`

/** Replays alone have outcomes, so they alone can be tried with a few first. */
export const hasOutcome = (action: PlanAction): boolean =>
  action.kind === 'replay' || (action.kind === 'edit' && action.thenReplay)

/** Takes away what cannot be seen in the queue afterwards. */
export const takesAway = (action: PlanAction): boolean => action.kind === 'discard' || action.kind === 'purge'

export function planTitle(plan: Plan): string {
  const { request, count: messages, queueName } = plan
  return planDeed(
    plan,
    `${count(messages)} ${itemWord(parseQueueKey(request.queue)?.layout, messages)} of ${queueName}`,
  )
}

export function planSummary(plan: Plan): string {
  const way = wayOf(plan.request)
  return [way, `about ${bytes(plan.bytes)}`, plan.keeps].filter(Boolean).join(' · ')
}

function wayOf({ action, selection }: PlanRequest): string {
  switch (action.kind) {
    case 'replay':
      return selection?.state === 'dead' ? 'from dead letters to ready' : 'ready at once'
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
