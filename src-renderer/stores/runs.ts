import type { Run } from '@shared/model/plan'
import type { Client } from '@shared/rpc/contract'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { keepStream } from './stream'

/** Committed plans, newest first; `dismissed` ones have left the strip at the bottom, not the record. */
export interface RunsState {
  readonly runs: readonly Run[]
  readonly dismissed: ReadonlySet<string>
  /** Runs that ended before this window opened are history, not news. */
  readonly since: number
}

export type RunsStore = StoreApi<RunsState>

export function watchRuns(client: Client): { readonly store: RunsStore; readonly stop: () => void } {
  const store = createStore<RunsState>(() => ({ runs: [], dismissed: new Set(), since: Date.now() }))
  const stop = keepStream({
    open: (signal) => client.plans.watchRuns(undefined, { signal }),
    onItem: (runs) => store.setState({ runs }),
    onTrouble: () => {},
  })
  return { store, stop }
}

export const isOver = (run: Run): boolean =>
  run.phase === 'finished' || run.phase === 'stopped' || run.phase === 'failed'

/** What the strip shows: everything at work, and what ended while this window was open until it is dismissed. */
export const runsInStrip = ({ runs, dismissed, since }: RunsState): readonly Run[] =>
  runs.filter((run) => !dismissed.has(run.id) && (!isOver(run) || (run.finishedAt ?? 0) >= since))

export const dismissRun = (store: RunsStore, id: string): void =>
  store.setState(({ dismissed }) => ({ dismissed: new Set(dismissed).add(id) }))
