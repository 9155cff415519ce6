import type { Plan } from '@shared/model/plan'
import type { ReactNode } from 'react'
import { Field } from '../../design/field'
import { Input } from '../../design/input'
import { NumberField } from '../../design/number-field'
import { duration } from '../../design/time-format'
import type { PlanForm } from './plan-form'
import { hasOutcome, planSeconds } from './plan-words'

interface PlanStepsProps {
  readonly plan: Plan
  readonly form: PlanForm
  readonly onChange: (form: PlanForm) => void
  readonly samples: ReactNode
}

export function PlanSteps({ plan, form, onChange, samples }: PlanStepsProps) {
  const set = (change: Partial<PlanForm>) => onChange({ ...form, ...change })
  const outcome = hasOutcome(plan.request.action)
  const many = plan.count > 1
  const seconds = planSeconds(plan.count, form.ratePerSecond)
  const day = new Date(plan.keptUntil).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
  let step = 1
  return (
    <>
      <Step number={step++} word="Look">
        {samples}
      </Step>
      {outcome && many && (
        <Step number={step++} word="Try">
          <p className="flex items-center gap-2">
            first
            <NumberField
              label="Try this many first"
              className="w-16"
              value={form.canary}
              min={0}
              max={Math.min(1000, plan.count)}
              onChange={(canary) => set({ canary })}
            />
            and wait for their outcome; 0 goes straight on
          </p>
        </Step>
      )}
      <Step number={step} word="Go">
        {!many && <p className="pt-1 text-muted">at once</p>}
        <div hidden={!many} className={many ? 'flex flex-wrap items-center gap-x-2 gap-y-1' : ''}>
          <NumberField
            label="Messages per second"
            className="w-20"
            value={form.ratePerSecond}
            min={1}
            max={100_000}
            placeholder="fast"
            onChange={(ratePerSecond) => set({ ratePerSecond })}
          />
          per second
          <span className="tabular text-muted">
            {seconds === null ? '(empty: as fast as bounded batches go)' : `(about ${duration(seconds * 1000)})`}
          </span>
          {outcome && (
            <span className="flex items-center gap-2">
              · stop by itself when more than
              <NumberField
                label="Stop when this share dies again, percent"
                className="w-14"
                value={form.stopAtPercent}
                min={0}
                max={100}
                onChange={(stopAtPercent) => set({ stopAtPercent })}
              />
              % die again
            </span>
          )}
        </div>
      </Step>
      <p className="mb-3 text-muted">
        {plan.undoable ? `Kept for undo until ${day}.` : 'This cannot be undone.'}
        {plan.lost !== '' && ` What cannot come back: ${plan.lost}.`}
      </p>
      <div className="grid grid-cols-2 gap-4">
        <Field label="Why" hint="For the record; whoever reads it next will be glad.">
          <Input value={form.reason} maxLength={500} onChange={(event) => set({ reason: event.target.value })} />
        </Field>
        {plan.typedName !== null && (
          <Field label={`Type ${plan.typedName} to go on`}>
            <Input mono value={form.typedName} onChange={(event) => set({ typedName: event.target.value })} />
          </Field>
        )}
      </div>
    </>
  )
}

function Step({
  number,
  word,
  children,
}: {
  readonly number: number
  readonly word: string
  readonly children: ReactNode
}) {
  return (
    <section className="mb-3 grid grid-cols-[72px_minmax(0,1fr)] gap-x-2">
      <h3 className="flex items-baseline gap-2 pt-1">
        <span className="tabular text-12 text-faint">{number}</span>
        <span className="font-semibold">{word}</span>
      </h3>
      <div className="min-w-0">{children}</div>
    </section>
  )
}
