import { useSyncExternalStore } from 'react'

/**
 * One second hand for the whole window: everything that says "12 s ago" moves together, and nothing moves while the
 * window is hidden.
 */
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

function tick() {
  if (document.hidden) return
  now = Date.now()
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(tick, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

const read = () => {
  if (Date.now() - now > 1500) now = Date.now()
  return now
}

/** Epoch milliseconds, at most about a second old. */
export const useNow = (): number => useSyncExternalStore(subscribe, read)
