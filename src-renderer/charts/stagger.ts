import { useEffect, useRef, useState } from 'react'

/**
 * A chart costs about 10 ms to draw, so charts take turns: one per frame, in the order in which they asked.
 * Four charts with new data every second then never hold up a click.
 */
const turns: (() => void)[] = []
let running = false

function takeTurn(): void {
  turns.shift()?.()
  running = turns.length > 0
  if (running) requestAnimationFrame(takeTurn)
}

function ask(turn: () => void): () => void {
  turns.push(turn)
  if (!running) {
    running = true
    requestAnimationFrame(takeTurn)
  }
  return () => {
    const at = turns.indexOf(turn)
    if (at >= 0) turns.splice(at, 1)
  }
}

/** The value, some frames late. A newer one takes the place of one that still waits. */
export function useStaggered<Value>(value: Value): Value {
  const [shown, setShown] = useState(value)
  const latest = useRef(value)
  latest.current = value
  useEffect(() => (value === shown ? undefined : ask(() => setShown(() => latest.current))), [value, shown])
  return shown
}
