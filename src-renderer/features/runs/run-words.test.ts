import type { Run } from '@shared/model/plan'
import { describe, expect, it } from 'vitest'
import { runFigures, runRate, runShare } from './run-words'

const run = (more: Partial<Run>): Run => ({
  id: 'r',
  kind: 'replay',
  title: 'Replay 392',
  environmentId: 'e',
  environmentName: 'e',
  tier: 'dev',
  queue: 'q',
  queueName: 'q',
  startedAt: 0,
  finishedAt: null,
  phase: 'running',
  planned: 392,
  archived: 392,
  done: 0,
  skipped: 0,
  failed: 0,
  unknown: 0,
  succeeded: 0,
  diedAgain: 0,
  waiting: 0,
  reason: '',
  note: null,
  undoable: false,
  undoneBy: null,
  ...more,
})

describe('a run in one line', () => {
  it('says only what there is to say', () => {
    expect(runFigures(run({ done: 100 })).map((figure) => figure.label)).toEqual(['done'])
    expect(runFigures(run({ done: 100, diedAgain: 3, unknown: 1 })).map((figure) => figure.label)).toEqual([
      'done',
      'died again',
      'unknown',
    ])
  })

  it('counts what was left alone as gone through', () => {
    expect(runShare(run({ done: 190, skipped: 6 }))).toBe(0.5)
    expect(runShare(run({ planned: 0 }))).toBe(1)
    expect(runRate(run({ done: 100 }), 2000)).toBe(50)
    expect(runRate(run({}), 2000)).toBeNull()
  })
})
