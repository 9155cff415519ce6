import { useEffect, useState } from 'react'

/** Rows of the true height, so that nothing jumps when the real ones come; shown only after 150 ms, since most answers are faster. */
export function SkeletonRows({ rows, height = 28 }: { readonly rows: number; readonly height?: number }) {
  const shown = useLate(150)
  return (
    <div role="status" aria-label="Loading" aria-busy="true">
      {shown &&
        Array.from({ length: rows }, (_, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows without identity
          <div key={row} className="flex items-center gap-6 border-line border-b px-3" style={{ height }}>
            <div className="h-2 rounded bg-sunken" style={{ width: `${22 + ((row * 7) % 17)}%` }} />
            <div className="h-2 flex-1 rounded bg-sunken" />
            <div className="h-2 w-16 rounded bg-sunken" />
          </div>
        ))}
    </div>
  )
}

export function useLate(ms: number): boolean {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), ms)
    return () => clearTimeout(timer)
  }, [ms])
  return late
}
