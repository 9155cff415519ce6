import type { Environment, EnvironmentState, Trouble } from '@shared/model/environment'
import type { Client } from '@shared/rpc/contract'
import type { EnvironmentsView } from '@shared/rpc/environments-contract'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { keepStream } from './stream'

export interface EnvironmentsState {
  readonly phase: 'loading' | 'live'
  readonly trouble: Trouble | null
  /** Sandbox last, the others by name. */
  readonly list: readonly Environment[]
  readonly states: ReadonlyMap<string, EnvironmentState>
}

export type EnvironmentsStore = StoreApi<EnvironmentsState>

export function watchEnvironments(client: Client): { readonly store: EnvironmentsStore; readonly stop: () => void } {
  const store = createStore<EnvironmentsState>(() => ({ phase: 'loading', trouble: null, list: [], states: new Map() }))
  const stop = keepStream({
    open: (signal) => client.environments.watch(undefined, { signal }),
    onItem: (view) => store.setState((state) => applyEnvironments(state, view), true),
    onTrouble: (trouble) => store.setState({ trouble }),
  })
  return { store, stop }
}

/** Keeps the identity of what did not change, since states arrive with every sample. */
export function applyEnvironments(before: EnvironmentsState, view: EnvironmentsView): EnvironmentsState {
  const sorted = [...view.environments].sort(
    (a, b) => Number(a.origin === 'sandbox') - Number(b.origin === 'sandbox') || a.name.localeCompare(b.name),
  )
  const list = JSON.stringify(sorted) === JSON.stringify(before.list) ? before.list : sorted
  return { phase: 'live', trouble: null, list, states: new Map(view.states.map((state) => [state.id, state])) }
}
