import type { Trouble } from '@shared/model/environment'
import type { Plan } from '@shared/model/plan'
import { useCallback, useRef, useState } from 'react'
import { useStore } from 'zustand'
import { Button } from '../../design/button'
import { Dialog } from '../../design/dialog'
import { SkeletonRows } from '../../design/skeleton'
import { toneFill } from '../../design/tone'
import { useConsole, useEnvironment } from '../../stores/console'
import { askForPlan, closePlan, type PlanAsk, planRequest } from '../../stores/plan-request'
import { troubleOf } from '../../stores/trouble'
import { askForUnlock } from '../../stores/unlock-request'
import { lookOf, TierMark, tierLook } from '../tier-mark'
import { TroubleView } from '../trouble-view'
import { useAnswer } from '../use-answer'
import { commitOf, commitRefusal, firstForm, type PlanForm } from './plan-form'
import { PlanSamples } from './plan-samples'
import { PlanSteps } from './plan-steps'
import { planDeed, planSummary, planTitle, takesAway } from './plan-words'
import { useTicket } from './use-ticket'

/** The one gate on screen: everything that takes something away is looked at, tried and let go here, and nowhere else. */
export function PlanDialog() {
  const ask = useStore(planRequest, (state) => state.ask)
  return ask && <PlanFor key={JSON.stringify(ask.request)} ask={ask} />
}

function PlanFor({ ask }: { readonly ask: PlanAsk }) {
  const { client } = useConsole()
  const { environment } = useEnvironment(ask.request.environmentId)
  const prepare = useCallback((signal: AbortSignal) => client.plans.prepare(ask.request, { signal }), [client, ask])
  const { value: plan, trouble: lookTrouble, reload } = useAnswer(prepare)
  const [typed, setTyped] = useState<PlanForm | null>(null)
  const [busy, setBusy] = useState(false)
  const [commitTrouble, setCommitTrouble] = useState<Trouble | null>(null)
  const start = useRef<HTMLDivElement>(null)
  const form = typed ?? (plan ? firstForm(plan) : null)
  const look = environment ? lookOf(environment) : plan && tierLook(plan.tier)
  const commit = async () => {
    if (!plan || !form) return
    setBusy(true)
    setCommitTrouble(null)
    try {
      await client.plans.commit(commitOf(plan, form))
      ask.onCommitted?.()
      closePlan()
    } catch (error) {
      setCommitTrouble(troubleOf(error))
      setBusy(false)
    }
  }
  const lookAgain = () => {
    setCommitTrouble(null)
    reload()
  }
  const trouble = commitTrouble ?? lookTrouble
  return (
    <Dialog
      open
      onClose={closePlan}
      width="wide"
      initialFocus={start}
      {...(look && { edge: toneFill[look.tone] })}
      title={
        plan && look ? (
          <span className="flex flex-wrap items-center gap-2">
            {planTitle(plan)} in <TierMark look={look} /> {plan.environmentName}
          </span>
        ) : (
          ask.heading
        )
      }
      description={plan ? planSummary(plan) : 'Looking at what it would be done to; nothing is changed.'}
      footer={
        plan && form ? (
          <Footer plan={plan} form={form} busy={busy} lookAgain={lookAgain} onCommit={() => void commit()} />
        ) : (
          <Button onClick={closePlan}>Cancel</Button>
        )
      }
    >
      {/* The focus begins here: on nothing that a stray Enter could press. */}
      <div ref={start} tabIndex={-1} className="outline-none">
        {!plan && trouble && <TroubleView trouble={trouble} action={<Button onClick={reload}>Look again</Button>} />}
        {!plan && !trouble && <SkeletonRows rows={8} />}
        {plan && form && (
          <>
            <Remarks plan={plan} ask={ask} trouble={trouble} />
            <PlanSteps plan={plan} form={form} onChange={setTyped} samples={<PlanSamples plan={plan} />} />
          </>
        )}
      </div>
    </Dialog>
  )
}

interface FooterProps {
  readonly plan: Plan
  readonly form: PlanForm
  readonly busy: boolean
  readonly lookAgain: () => void
  readonly onCommit: () => void
}

function Footer({ plan, form, busy, lookAgain, onCommit }: FooterProps) {
  const { now, left } = useTicket(plan.expiresAt)
  const expired = left === 0
  const action = plan.request.action
  return (
    <>
      <span className="tabular mr-auto text-12 text-muted">
        {expired ? 'The ticket ran out.' : `Ticket good for ${left} s`}
      </span>
      <Button onClick={closePlan}>Cancel</Button>
      {(expired || plan.count === 0) && <Button onClick={lookAgain}>Look again</Button>}
      <Button
        look={takesAway(action) ? 'danger' : 'primary'}
        why={busy ? 'It is on its way.' : commitRefusal(plan, form, now)}
        onClick={onCommit}
      >
        {planDeed(plan)}
      </Button>
    </>
  )
}

interface RemarksProps {
  readonly plan: Plan
  readonly ask: PlanAsk
  readonly trouble: Trouble | null
}

/** Why it cannot be done, what went wrong, what to mind: in this order, before the steps. */
function Remarks({ plan, ask, trouble }: RemarksProps) {
  const { state } = useEnvironment(plan.request.environmentId)
  const box = 'mb-3 rounded border px-3 py-2'
  return (
    <>
      {plan.refusal && (
        <div role="alert" className={`${box} flex items-center gap-3 border-crimson bg-crimson-wash text-crimson`}>
          <p className="flex-1">{plan.refusal}</p>
          {state?.readOnly && (
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
      )}
      {trouble && (
        <p role="alert" className={`${box} whitespace-pre-line border-red bg-red-wash text-red`}>
          {trouble.message}
          {trouble.hint && `\n${trouble.hint}`}
        </p>
      )}
      {plan.warnings.map((warning) => (
        <p key={warning} className={`${box} border-amber bg-amber-wash text-amber`}>
          {warning}
        </p>
      ))}
    </>
  )
}
