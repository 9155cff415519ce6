import type { MessageDetail } from '@shared/model/message'
import { visible } from '@shared/payload/visible'
import { ArrowRight } from 'lucide-react'
import { useMemo } from 'react'
import { Dot, type Shape } from '../../design/dot'
import { EmptyState } from '../../design/empty-state'
import { Time } from '../../design/time'
import { duration } from '../../design/time-format'
import type { Tone } from '../../design/tone'
import { StateMark } from '../state-mark'
import { lifeOf, type TimelineStep, timelineOf } from './timeline'

export function TimelineTab({ detail }: { readonly detail: MessageDetail }) {
  const steps = useMemo(() => timelineOf(lifeOf(detail)), [detail])
  if (steps.length === 0)
    return <EmptyState title="No history">This layout records nothing of a message's life.</EmptyState>
  const longest = Math.max(1, ...steps.map((step) => step.sinceMs ?? 0))
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label="Timeline"
      className="min-h-0 flex-1 overflow-auto px-4 py-3"
    >
      <ol>
        {steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: events have no other identity than their order
          <Step key={index} step={step} longest={longest} />
        ))}
      </ol>
    </section>
  )
}

const looks: Readonly<Record<TimelineStep['kind'], { readonly tone: Tone; readonly shape: Shape }>> = {
  begin: { tone: 'blue', shape: 'disc' },
  lease: { tone: 'violet', shape: 'half' },
  wait: { tone: 'amber', shape: 'ring' },
  fail: { tone: 'red', shape: 'cross' },
  done: { tone: 'green', shape: 'check' },
  other: { tone: 'slate', shape: 'ring' },
}

/** The bar is the time since the event before, to one scale over the whole life. */
function Step({ step, longest }: { readonly step: TimelineStep; readonly longest: number }) {
  const { tone, shape } = looks[step.kind]
  return (
    <li className="grid grid-cols-[88px_minmax(0,1fr)] gap-x-3 border-line border-b py-1.5">
      <span className="text-12 text-muted">
        <Time at={step.at} as="clock" />
      </span>
      <div className="min-w-0">
        {step.sinceMs !== null && (
          <div className="mb-1 flex items-center gap-2">
            <div
              className="h-1 rounded bg-line-strong"
              style={{ width: `${Math.max(1, (step.sinceMs / longest) * 60)}%` }}
            />
            <span className="tabular shrink-0 text-11 text-faint">{duration(step.sinceMs)} later</span>
          </div>
        )}
        <p className="flex items-center gap-1.5">
          <Dot shape={shape} tone={tone} className="size-2" />
          <span className="font-medium">{visible(step.event)}</span>
          {step.attempt !== null && <span className="tabular text-12 text-muted">attempt {step.attempt}</span>}
        </p>
        <Circumstances step={step} />
        {step.detail !== null && (
          <p className="whitespace-pre-wrap break-words text-12 text-muted">{visible(step.detail)}</p>
        )}
      </div>
    </li>
  )
}

/** Which way it went, who did it, and under which lease, as far as the layout says. */
function Circumstances({ step: { from, to, actor, fence } }: { readonly step: TimelineStep }) {
  if (!from && !to && !actor && !fence) return null
  return (
    <p className="flex flex-wrap items-center gap-x-3 text-12 text-muted">
      {(from || to) && (
        <span className="flex items-center gap-1.5">
          {from && <StateMark state={from} />}
          <ArrowRight size={11} role="img" aria-label="to" className="shrink-0 text-faint" />
          {to && <StateMark state={to} />}
        </span>
      )}
      {actor && <span className="break-all">by {visible(actor)}</span>}
      {fence && (
        <span className="break-all">
          lease <span className="font-mono">{visible(fence)}</span>
        </span>
      )}
    </p>
  )
}
