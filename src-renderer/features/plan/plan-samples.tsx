import type { Plan, PlanSample } from '@shared/model/plan'
import { jsonProblem } from '@shared/payload/json-lexemes'
import { prettyJson } from '@shared/payload/json-print'
import { visible } from '@shared/payload/visible'
import { useState } from 'react'
import { DiffView } from '../../design/diff-view'
import { count } from '../../design/number-format'
import { Time } from '../../design/time'

/** Some of what it will be done to, from the same list that the ticket stands for; before and after where it is edited. */
export function PlanSamples({ plan }: { readonly plan: Plan }) {
  const [chosen, setChosen] = useState(0)
  const sample = plan.samples[chosen]
  const edited = plan.samples.some((one) => one.after !== null)
  if (plan.samples.length === 0) return <p className="pt-1 text-muted">Nothing matches any more.</p>
  return (
    <>
      <p className="flex items-center gap-2 pt-1 pb-1 text-muted">
        {plan.samples.length === plan.count ? 'all of them' : `${plan.samples.length} of ${count(plan.count)}`}
        {edited && ', before and after'}
        {edited && plan.samples.length > 1 && (
          <span className="ml-auto flex items-center gap-1">
            <StepButton
              label="Previous sample"
              disabled={chosen === 0}
              onClick={() => setChosen(chosen - 1)}
              text="‹"
            />
            <span className="tabular text-12">
              {chosen + 1} of {plan.samples.length}
            </span>
            <StepButton
              label="Next sample"
              disabled={chosen === plan.samples.length - 1}
              onClick={() => setChosen(chosen + 1)}
              text="›"
            />
          </span>
        )}
      </p>
      {edited && sample ? <Compared sample={sample} /> : <SampleRows samples={plan.samples} />}
    </>
  )
}

function Compared({ sample }: { readonly sample: PlanSample }) {
  const before = laidOut(sample.before ?? '')
  const after = laidOut(sample.after ?? '')
  return (
    <div className="flex h-56 flex-col overflow-hidden rounded border border-line-strong">
      <p className="clip border-line border-b bg-surface px-2 py-0.5 font-mono text-12">{visible(sample.summary.id)}</p>
      <DiffView
        label={`Before and after of ${sample.summary.id}`}
        before={before}
        after={after}
        language={jsonProblem(after) === null ? 'json' : 'text'}
      />
    </div>
  )
}

const laidOut = (text: string) => {
  const pretty = prettyJson(text)
  return pretty.ok ? pretty.text : text
}

function SampleRows({ samples }: { readonly samples: readonly PlanSample[] }) {
  return (
    <ul
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label="Samples"
      className="max-h-40 overflow-y-auto rounded border border-line-strong"
    >
      {samples.map(({ summary }) => (
        <li key={summary.id} className="flex h-6 items-center gap-3 border-line border-b px-2 text-12 last:border-b-0">
          <span className="clip w-32 shrink-0 font-mono">{visible(summary.id)}</span>
          <span className="w-20 shrink-0 text-right text-muted">
            <Time at={summary.finishedAt ?? summary.enqueuedAt} />
          </span>
          <span className="clip min-w-0 flex-1 font-mono text-muted">{visible(summary.preview)}</span>
        </li>
      ))}
    </ul>
  )
}

interface StepButtonProps {
  readonly label: string
  readonly text: string
  readonly disabled: boolean
  readonly onClick: () => void
}

function StepButton({ label, text, disabled, onClick }: StepButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      disabled={disabled}
      onClick={onClick}
      className="size-5 rounded border border-line-strong bg-raised text-12 disabled:text-faint"
    >
      {text}
    </button>
  )
}
