import type { Client } from '@shared/rpc/contract'
import type { Preferences } from '@shared/rpc/system-contract'
import { createStore, type StoreApi } from 'zustand/vanilla'

export interface PreferencesState extends Preferences {
  readonly loaded: boolean
}

export type PreferencesStore = StoreApi<PreferencesState>

const unread: PreferencesState = { theme: 'system', pinned: [], lastEnvironmentId: null, loaded: false }

/** What this person set, kept by the core. A change shows at once; if it cannot be kept, it lasts until the window closes. */
export class PreferencesKeeper {
  readonly store: PreferencesStore = createStore<PreferencesState>(() => unread)
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  async load(): Promise<void> {
    try {
      this.store.setState({ ...(await this.#client.system.preferences()), loaded: true })
    } catch {
      this.store.setState({ loaded: true })
    }
  }

  set(change: Partial<Preferences>): void {
    this.store.setState(change)
    this.#client.system.setPreferences(change).catch(() => {})
  }

  togglePin(environmentId: string, queue: string): void {
    const id = pinId(environmentId, queue)
    const { pinned } = this.store.getState()
    this.set({ pinned: pinned.includes(id) ? pinned.filter((other) => other !== id) : [...pinned, id] })
  }
}

export const pinId = (environmentId: string, queue: string): string => `${environmentId} ${queue}`

/** The theme as an attribute that the tokens read; without it the system decides. */
export function showTheme(theme: Preferences['theme']): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}
