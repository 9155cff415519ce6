import { useEffect, useRef } from 'react'
import { useStore } from 'zustand'
import { useConsole } from '../stores/console'
import { isOver } from '../stores/runs'

interface ReloadOptions {
  readonly environmentId: string
  /** null: any queue of the environment. */
  readonly queue: string | null
  readonly reload: () => void
}

/** When a run ends, a list that it touched is not true any more: it is taken anew. */
export function useReloadAfterRuns({ environmentId, queue, reload }: ReloadOptions): void {
  const { runs } = useConsole()
  const ended = useStore(
    runs,
    (state) =>
      state.runs.filter(
        (run) => run.environmentId === environmentId && (queue === null || run.queue === queue) && isOver(run),
      ).length,
  )
  const before = useRef(ended)
  useEffect(() => {
    if (before.current !== ended) reload()
    before.current = ended
  }, [ended, reload])
}
