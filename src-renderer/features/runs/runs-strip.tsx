import type { Run } from '@shared/model/plan'
import { Pause, Play, Square, X } from 'lucide-react'
import { useStore } from 'zustand'
import { useShallow } from 'zustand/react/shallow'
import { Button } from '../../design/button'
import { IconButton } from '../../design/icon-button'
import { useNow } from '../../design/now'
import { count, rate } from '../../design/number-format'
import { showNotice } from '../../design/toast'
import { useConsole, useEnvironment } from '../../stores/console'
import { askForPlan } from '../../stores/plan-request'
import { dismissRun, isOver, runsInStrip } from '../../stores/runs'
import { troubleOf } from '../../stores/trouble'
import { lookOf, TierMark, tierLook } from '../tier-mark'
import { phaseWords, runFigures, runRate, runShare } from './run-words'

/** What is at work, one line each; the window stays usable meanwhile. */
export function RunsStrip() {
  const { runs } = useConsole()
  const shown = useStore(runs, useShallow(runsInStrip))
  if (shown.length === 0) return null
  return (
    <section aria-label="Runs" className="max-h-36 shrink-0 overflow-y-auto border-line-strong border-t bg-surface">
      {shown.map((run) => (
        <RunLine key={run.id} run={run} />
      ))}
    </section>
  )
}

function RunLine({ run }: { readonly run: Run }) {
  const { client, runs } = useConsole()
  const now = useNow()
  const over = isOver(run)
  const { environment } = useEnvironment(run.environmentId)
  const look = environment ? lookOf(environment) : tierLook(run.tier)
  const steer = async (verb: 'pause' | 'resume' | 'stop') => {
    try {
      await client.plans[verb]({ runId: run.id })
    } catch (error) {
      showNotice({ title: troubleOf(error).message, tone: 'red' })
    }
  }
  const speed = runRate(run, now)
  return (
    <article
      aria-label={run.title}
      className="relative flex h-9 items-center gap-3 border-line border-b px-3 last:border-b-0"
    >
      <div
        aria-hidden
        className={`absolute bottom-0 left-0 h-0.5 ${run.phase === 'failed' ? 'bg-red' : 'bg-accent'}`}
        style={{ width: `${runShare(run) * 100}%` }}
      />
      <TierMark look={look} />
      <span className="clip min-w-0 shrink font-medium">{run.title}</span>
      <span
        className={`shrink-0 text-12 ${run.phase === 'failed' || run.phase === 'stopped' ? 'text-red' : 'text-muted'}`}
      >
        {phaseWords[run.phase]}
      </span>
      <dl className="tabular flex shrink-0 items-center gap-3 text-12">
        {runFigures(run).map(({ label, value, tone }) => (
          <div key={label} className="flex gap-1">
            <dt className="text-muted">{label}</dt>
            <dd className={tone}>{value}</dd>
          </div>
        ))}
        {speed !== null && !over && (
          <div className="flex gap-1">
            <dt className="sr-only">Rate</dt>
            <dd className="text-muted">{rate(speed)}/s</dd>
          </div>
        )}
      </dl>
      {run.note && (
        <span className="clip min-w-0 text-12 text-muted" title={run.note}>
          {run.note}
        </span>
      )}
      <span className="ml-auto flex shrink-0 items-center gap-1">
        {over && run.undoable && run.undoneBy === null && (
          <Button
            small
            onClick={() =>
              askForPlan({
                heading: `Undo: ${run.title}`,
                request: {
                  environmentId: run.environmentId,
                  queue: run.queue,
                  selection: null,
                  action: { kind: 'undo', runId: run.id },
                },
              })
            }
          >
            Undo…
          </Button>
        )}
        {over ? (
          <IconButton label={`Dismiss ${run.title}`} onClick={() => dismissRun(runs, run.id)}>
            <X size={13} aria-hidden />
          </IconButton>
        ) : (
          <>
            {run.phase === 'paused' ? (
              <Button small icon={<Play size={12} aria-hidden />} onClick={() => void steer('resume')}>
                Resume
              </Button>
            ) : (
              <Button small icon={<Pause size={12} aria-hidden />} onClick={() => void steer('pause')}>
                Pause
              </Button>
            )}
            <Button small icon={<Square size={11} aria-hidden />} onClick={() => void steer('stop')}>
              Stop
            </Button>
          </>
        )}
      </span>
      <span className="sr-only" aria-live="polite">
        {over ? `${run.title}: ${phaseWords[run.phase]}, ${count(run.done)} of ${count(run.planned)}` : ''}
      </span>
    </article>
  )
}
