import type { Trouble } from '@shared/model/environment'
import { useCallback, useEffect, useState } from 'react'
import { troubleOf } from '../stores/trouble'

export interface Answer<Value> {
  readonly value: Value | undefined
  readonly trouble: Trouble | null
  /** Asks again; the last value stays in sight meanwhile. */
  readonly reload: () => void
}

/**
 * One question to the core, asked again when `ask` changes (so it must be memoised) and given up when the screen goes.
 * A late answer to an earlier question is dropped.
 */
export function useAnswer<Value>(ask: (signal: AbortSignal) => Promise<Value>): Answer<Value> {
  const [state, setState] = useState<{
    readonly ask: unknown
    readonly value?: Value
    readonly trouble: Trouble | null
  }>({
    ask,
    trouble: null,
  })
  const [turn, setTurn] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new turn asks again
  useEffect(() => {
    const stop = new AbortController()
    ask(stop.signal).then(
      (value) => !stop.signal.aborted && setState({ ask, value, trouble: null }),
      (error: unknown) =>
        !stop.signal.aborted &&
        setState((before) => ({
          ask,
          trouble: troubleOf(error),
          ...(before.ask === ask && before.value !== undefined && { value: before.value }),
        })),
    )
    return () => stop.abort()
  }, [ask, turn])
  const reload = useCallback(() => setTurn((count) => count + 1), [])
  const current = state.ask === ask
  return { value: current ? state.value : undefined, trouble: current ? state.trouble : null, reload }
}
