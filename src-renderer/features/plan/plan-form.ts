import type { CommitRequest, Plan } from '@shared/model/plan'
import { hasOutcome } from './plan-words'

/** What a person sets before going on. */
export interface PlanForm {
  readonly canary: number | null
  readonly ratePerSecond: number | null
  readonly stopAtPercent: number | null
  readonly reason: string
  readonly typedName: string
}

/** More than this many at once is worth trying with a few first. */
const worthTrying = 50

export const firstForm = (plan: Plan): PlanForm => ({
  canary: hasOutcome(plan.request.action) && plan.count > worthTrying ? 10 : 0,
  ratePerSecond: plan.count > worthTrying ? 50 : null,
  stopAtPercent: 20,
  reason: '',
  typedName: '',
})

/** Why the plan cannot be committed as it stands; null when it can. Said on the button itself. */
export function commitRefusal(plan: Plan, form: PlanForm, now: number): string | null {
  if (plan.refusal) return plan.refusal
  if (plan.count === 0) return 'There is nothing left to do it to.'
  if (now >= plan.expiresAt) return 'The ticket ran out; look again first.'
  if (plan.typedName !== null && form.typedName !== plan.typedName) return `Type ${plan.typedName} to go on.`
  if (form.ratePerSecond !== null && form.ratePerSecond < 1) return 'The rate is at least 1 per second.'
  return null
}

export const commitOf = (plan: Plan, form: PlanForm): CommitRequest => ({
  ticket: plan.ticket,
  typedName: plan.typedName === null ? null : form.typedName,
  reason: form.reason.trim(),
  ratePerSecond: form.ratePerSecond,
  canary: hasOutcome(plan.request.action) ? Math.min(form.canary ?? 0, plan.count) : 0,
  stopAtShare: hasOutcome(plan.request.action) ? (form.stopAtPercent ?? 100) / 100 : 1,
})
