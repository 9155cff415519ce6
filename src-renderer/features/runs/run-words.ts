import type { Run } from '@shared/model/plan'
import { count } from '../../design/number-format'

export const phaseWords: Readonly<Record<Run['phase'], string>> = {
  archiving: 'archiving',
  trying: 'trying the first',
  running: 'running',
  paused: 'paused',
  finished: 'finished',
  stopped: 'stopped',
  failed: 'failed',
}

interface RunFigure {
  readonly label: string
  readonly value: string
  readonly tone: string
}

/** Only figures that say something: a replay's outcome where there is one, failures where there were some. */
export function runFigures(run: Run): readonly RunFigure[] {
  const figures: RunFigure[] = [
    { label: 'done', value: `${count(run.done)} of ${count(run.planned)}`, tone: 'text-ink' },
  ]
  const add = (label: string, value: number, tone: string) => {
    if (value > 0) figures.push({ label, value: count(value), tone })
  }
  add('completed', run.succeeded, 'text-green')
  add('died again', run.diedAgain, 'text-red')
  add('waiting', run.waiting, 'text-ink')
  add('failed', run.failed, 'text-red')
  add('unknown', run.unknown, 'text-amber')
  add('left alone', run.skipped, 'text-ink')
  return figures
}

/** Messages per second since it began; null before there is anything to divide. */
export function runRate(run: Run, now: number): number | null {
  const seconds = ((run.finishedAt ?? now) - run.startedAt) / 1000
  return seconds < 1 || run.done === 0 ? null : run.done / seconds
}

export const runShare = (run: Run): number =>
  run.planned === 0 ? 1 : Math.min(1, (run.done + run.skipped + run.failed + run.unknown) / run.planned)
