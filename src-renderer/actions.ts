import { useEffect, useRef } from 'react'
import { createStore } from 'zustand/vanilla'

/**
 * A user action is one record. The palette, the menus, the keys and the sheet of shortcuts all read it; a feature registers
 * its own while it is on screen.
 */
export interface Action {
  readonly id: string
  readonly label: string
  /** Where it stands in the palette and in the sheet: "Go to", "Queue", "Dead letters". */
  readonly group: string
  /** `mod+k`, `shift+r`, or one after the other: `g o`. */
  readonly keys?: string
  /** null when it can be done now, else why not. */
  readonly when?: () => string | null
  readonly perform: () => void
}

export const actionStore = createStore<{ readonly actions: readonly Action[] }>(() => ({ actions: [] }))

/** Returns the removal. A later registration with the same id takes the place of an earlier one. */
export function registerActions(actions: readonly Action[]): () => void {
  const ids = new Set(actions.map((action) => action.id))
  actionStore.setState((state) => ({ actions: [...state.actions.filter((action) => !ids.has(action.id)), ...actions] }))
  return () =>
    actionStore.setState((state) => ({ actions: state.actions.filter((action) => !actions.includes(action)) }))
}

/** Registers while mounted. What an action does may change with every render; its id, label, group and keys may not. */
export function useActions(actions: readonly Action[]): void {
  const latest = useRef(actions)
  latest.current = actions
  const shape = actions.map(({ id, label, group, keys }) => [id, label, group, keys].join('\u0000')).join('\u0001')
  // biome-ignore lint/correctness/useExhaustiveDependencies: re-registered only when what is shown changes
  useEffect(
    () =>
      registerActions(
        latest.current.map(({ id, label, group, keys }) => {
          const current = () => latest.current.find((action) => action.id === id)
          return {
            id,
            label,
            group,
            ...(keys !== undefined && { keys }),
            when: () => current()?.when?.() ?? null,
            perform: () => current()?.perform(),
          }
        }),
      ),
    [shape],
  )
}

/** The chord that a key press stands for, in the notation of `keys`. */
export function chordOf(event: Pick<KeyboardEvent, 'key' | 'metaKey' | 'ctrlKey' | 'altKey' | 'shiftKey'>): string {
  const key = event.key === ' ' ? 'space' : event.key.toLowerCase()
  // A shifted sign (?) already says that shift was held; a shifted letter does not.
  const shift = event.shiftKey && (key.length > 1 || /[a-z]/.test(key))
  return [event.metaKey || event.ctrlKey ? 'mod' : '', event.altKey ? 'alt' : '', shift ? 'shift' : '', key]
    .filter(Boolean)
    .join('+')
}

export type KeyMatch =
  | { readonly kind: 'none' }
  | { readonly kind: 'prefix' }
  | { readonly kind: 'action'; readonly action: Action }

/** What the chords pressed so far mean. Of two actions with the same keys the later one, of the screen on top, counts. */
export function matchKeys(actions: readonly Action[], pressed: readonly string[]): KeyMatch {
  const typed = pressed.join(' ')
  const action = actions.findLast((candidate) => candidate.keys === typed)
  if (action) return { kind: 'action', action }
  return actions.some((candidate) => candidate.keys?.startsWith(`${typed} `)) ? { kind: 'prefix' } : { kind: 'none' }
}

/** Milliseconds in which the second key of two must follow. */
const sequenceMs = 1_000

/** One listener for all keys of the window. Typing in a field is never an action, except with mod. */
export function listenForKeys(target: Window = window): () => void {
  let pressed: readonly string[] = []
  let pressedAt = 0
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || ['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return
    // What lies over the page takes every key: none may reach what lies under it.
    if (dialogIsOpen() || (!(event.metaKey || event.ctrlKey) && isTyping(event))) return
    if (event.timeStamp - pressedAt > sequenceMs) pressed = []
    const next = [...pressed, chordOf(event)]
    const { actions } = actionStore.getState()
    const together = matchKeys(actions, next)
    const match = together.kind === 'none' && pressed.length > 0 ? matchKeys(actions, [chordOf(event)]) : together
    pressedAt = event.timeStamp
    pressed = match.kind === 'prefix' ? next : []
    if (match.kind === 'none') return
    if (match.kind === 'action') {
      if (match.action.when?.()) return
      match.action.perform()
    }
    event.preventDefault()
  }
  target.addEventListener('keydown', onKeyDown)
  return () => target.removeEventListener('keydown', onKeyDown)
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0]
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button'].includes(target.type)
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable
}

/** A notice is a dialog too, by its role, but lies over nothing. */
const dialogIsOpen = () => document.querySelector('[role="dialog"]:not([data-notice]),[role="menu"]') !== null
