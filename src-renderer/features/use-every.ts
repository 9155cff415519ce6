import { useEffect } from 'react'

/** Calls `act`, which must be memoised, again and again while the component is mounted and the window is in sight. */
export function useEvery(everyMs: number, act: () => void): void {
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) act()
    }, everyMs)
    return () => clearInterval(timer)
  }, [everyMs, act])
}
