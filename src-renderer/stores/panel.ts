import { createStore } from 'zustand/vanilla'

/** What lies over the whole window, at most one at a time. */
export type Panel = 'palette' | 'shortcuts'

export const panelStore = createStore<{ readonly panel: Panel | null }>(() => ({ panel: null }))

export const openPanel = (panel: Panel): void => panelStore.setState({ panel })
export const closePanel = (): void => panelStore.setState({ panel: null })
