import { useNow } from './now'
import { clock, duration, iso, relative } from './time-format'

/** A moment, relative, with the absolute in its tooltip; or as a clock where the order of events matters. */
export function Time({
  at,
  as = 'relative',
}: {
  readonly at: number | null
  readonly as?: 'relative' | 'clock' | 'age'
}) {
  const now = useNow()
  if (at === null) return <span className="text-faint">–</span>
  const text = as === 'clock' ? clock(at, now) : as === 'age' ? duration(Math.max(0, now - at)) : relative(at, now)
  return (
    <time dateTime={iso(at)} title={iso(at)} className="tabular whitespace-nowrap">
      {text}
    </time>
  )
}
