import type { Client } from '@shared/rpc/contract'
import type { SystemInfo } from '@shared/rpc/system-contract'
import { createContext, useContext, useEffect } from 'react'
import { useStore } from 'zustand'
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { ConnectionStatus } from '../rpc/connection-status'
import { type EnvironmentsStore, watchEnvironments } from './environments'
import type { FeedState } from './feed'
import { Feeds } from './feeds'
import { PreferencesKeeper, showTheme } from './preferences'
import { type Route, routeStore } from './route'
import { type RunsStore, watchRuns } from './runs'

export interface ConnectionState {
  readonly status: ConnectionStatus
  /** Since when, epoch milliseconds. */
  readonly since: number
}

export const connectionStore: StoreApi<ConnectionState> = createStore<ConnectionState>(() => ({
  status: 'connecting',
  since: Date.now(),
}))

/** What the carrier reports; given to `connect`. */
export const reportConnection = (status: ConnectionStatus): void =>
  connectionStore.setState({ status, since: Date.now() })

/** Everything live behind the screens, built once per window. */
export interface Console {
  readonly client: Client
  readonly environments: EnvironmentsStore
  readonly feeds: Feeds
  readonly runs: RunsStore
  readonly preferences: PreferencesKeeper
  readonly system: StoreApi<{ readonly info: SystemInfo | null }>
}

export function startConsole(client: Client): Console {
  const preferences = new PreferencesKeeper(client)
  preferences.store.subscribe(({ theme }) => showTheme(theme))
  void preferences.load()
  const system = createStore<{ readonly info: SystemInfo | null }>(() => ({ info: null }))
  client.system.info().then(
    (info) => system.setState({ info }),
    () => {},
  )
  return {
    client,
    environments: watchEnvironments(client).store,
    feeds: new Feeds(client),
    runs: watchRuns(client).store,
    preferences,
    system,
  }
}

const context = createContext<Console | null>(null)
export const ConsoleProvider = context.Provider

export function useConsole(): Console {
  const found = useContext(context)
  if (!found) throw new Error('no ConsoleProvider above')
  return found
}

export const useRoute = (): Route => useStore(routeStore)

/** A slice of an environment's feed, held open while the component is mounted. `select` must give back what it was given. */
export function useFeed<Slice>(environmentId: string, select: (state: FeedState) => Slice): Slice {
  const { feeds } = useConsole()
  useEffect(() => feeds.use(environmentId), [feeds, environmentId])
  return useStore(feeds.of(environmentId), select)
}

export function useEnvironment(id: string | null) {
  const { environments } = useConsole()
  const environment = useStore(environments, (state) => state.list.find((one) => one.id === id))
  const state = useStore(environments, (all) => (id === null ? undefined : all.states.get(id)))
  return { environment, state }
}
