/**
 * A stream of the newest value: the present one at once, then one after each change. A slow reader gets fewer, never
 * more: what changed while it was busy arrives as one. Ends when the signal aborts.
 */
export async function* latest<T>(
  source: { readonly read: () => T; readonly onChange: (listener: () => void) => () => void },
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, void> {
  let changed = true
  let wake: (() => void) | undefined
  const notify = () => {
    changed = true
    wake?.()
  }
  const end = source.onChange(notify)
  signal?.addEventListener('abort', notify, { once: true })
  try {
    while (!signal?.aborted) {
      if (changed) {
        changed = false
        yield source.read()
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    end()
    signal?.removeEventListener('abort', notify)
  }
}
