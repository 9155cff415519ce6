import { createStore } from 'zustand/vanilla'

/** The instant under the pointer, shared by every chart in sight; outside React, since it moves with the mouse. */
export const crosshair = createStore<{ readonly at: number | null }>(() => ({ at: null }))

export const pointAt = (at: number | null): void => {
  if (crosshair.getState().at !== at) crosshair.setState({ at })
}
