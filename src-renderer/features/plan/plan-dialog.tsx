import type { Trouble } from '@shared/model/environment'
import type { Plan } from '@shared/model/plan'
import { useCallback, useState } from 'react'
import { useStore } from 'zustand'
import { Button } from '../../design/button'
import { Dialog } from '../../design/dialog'
import { count } from '../../design/number-format'
import { SkeletonRows } from '../../design/skeleton'
import { toneFill } from '../../design/tone'
import { useConsole } from '../../stores/console'
import { askForPlan, closePlan, type PlanAsk, planRequest } from '../../stores/plan-request'
import { troubleOf } from '../../stores/trouble'
import { askForUnlock } from '../../stores/unlock-request'
import { TierMark, tierLook } from '../tier-mark'
import { TroubleView } from '../trouble-view'
import { useAnswer } from '../use-answer'
import { commitOf, commitRefusal, firstForm, type PlanForm } from './plan-form'
import { PlanSamples } from './plan-samples'
import { PlanSteps } from './plan-steps'
import { planSummary, planTitle, takesAway, verbOf } from './plan-words'
import { useTicket } from './use-ticket'

/** The one gate on screen: everything that takes something away is looked at, tried and let go here, and nowhere else. */
export function PlanDialog() {
  const ask = useStore(planRequest, (state) => state.ask)
  return ask && <PlanFor key={JSON.stringify(ask.request)} ask={ask} />
}

function PlanFor({ ask }: { readonly ask: PlanAsk }) {
  const { client } = useConsole()
  const prepare = useCallback((signal: AbortSignal) => client.plans.prepare(ask.request, { signal }), [client, ask])
  const { value: plan, trouble, reload } = useAnswer(prepare)
  if (plan) return <Prepared plan={plan} ask={ask} lookAgain={reload} lookTrouble={trouble} />
  return (
    <Dialog
      open
      onClose={closePlan}
      title={ask.heading}
      width="wide"
      footer={<Button onClick={closePlan}>Cancel</Button>}
    >
      {trouble ? (
        <TroubleView trouble={trouble} action={<Button onClick={reload}>Look again</Button>} />
      ) : (
        <SkeletonRows rows={8} />
      )}
    </Dialog>
  )
}

interface PreparedProps {
  readonly plan: Plan
  readonly ask: PlanAsk
  readonly lookAgain: () => void
  readonly lookTrouble: Trouble | null
}

function Prepared({ plan, ask, lookAgain, lookTrouble }: PreparedProps) {
  const { client } = useConsole()
  const [form, setForm] = useState<PlanForm>(() => firstForm(plan))
  const [busy, setBusy] = useState(false)
  const [trouble, setTrouble] = useState<Trouble | null>(null)
  const { now, left } = useTicket(plan.expiresAt)
  const action = plan.request.action
  const refusal = commitRefusal(plan, form, now)
  const look = tierLook(plan.tier)
  const expired = left === 0
  const commit = async () => {
    setBusy(true)
    setTrouble(null)
    try {
      await client.plans.commit(commitOf(plan, form))
      ask.onCommitted?.()
      closePlan()
    } catch (error) {
      setTrouble(troubleOf(error))
      setBusy(false)
    }
  }
  return (
    <Dialog
      open
      onClose={closePlan}
      width="wide"
      edge={toneFill[look.tone]}
      title={
        <span className="flex flex-wrap items-center gap-2">
          {planTitle(plan)} in <TierMark look={look} /> {plan.environmentName}
        </span>
      }
      description={planSummary(plan)}
      footer={
        <>
          <span className="tabular mr-auto text-12 text-muted" aria-live="off">
            {expired ? 'The ticket ran out.' : `Ticket good for ${left} s`}
          </span>
          <Button onClick={closePlan}>Cancel</Button>
          {(expired || plan.count === 0) && <Button onClick={lookAgain}>Look again</Button>}
          <Button
            look={takesAway(action) ? 'danger' : 'primary'}
            why={busy ? 'It is on its way.' : refusal}
            onClick={() => void commit()}
          >
            {verbOf(action)} {count(plan.count)}
          </Button>
        </>
      }
    >
      {plan.refusal && <Refusal plan={plan} ask={ask} />}
      {(trouble ?? lookTrouble) && (
        <p role="alert" className="mb-3 whitespace-pre-line rounded border border-red bg-red-wash px-3 py-2 text-red">
          {(trouble ?? lookTrouble)?.message}
          {(trouble ?? lookTrouble)?.hint && `\n${(trouble ?? lookTrouble)?.hint}`}
        </p>
      )}
      {plan.warnings.map((warning) => (
        <p key={warning} className="mb-3 rounded border border-amber bg-amber-wash px-3 py-2 text-amber">
          {warning}
        </p>
      ))}
      <PlanSteps plan={plan} form={form} onChange={setForm} samples={<PlanSamples plan={plan} />} />
    </Dialog>
  )
}

function Refusal({ plan, ask }: { readonly plan: Plan; readonly ask: PlanAsk }) {
  const { environments } = useConsole()
  const readOnly = useStore(environments, (state) => state.states.get(plan.request.environmentId)?.readOnly ?? false)
  return (
    <div
      role="alert"
      className="mb-3 flex items-center gap-3 rounded border border-crimson bg-crimson-wash px-3 py-2 text-crimson"
    >
      <p className="flex-1">{plan.refusal}</p>
      {readOnly && (
        <Button
          small
          onClick={() => {
            closePlan()
            askForUnlock(plan.request.environmentId, () => askForPlan(ask))
          }}
        >
          Unlock…
        </Button>
      )}
    </div>
  )
}
