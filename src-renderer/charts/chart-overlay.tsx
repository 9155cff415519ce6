import { useStore } from 'zustand'
import type { LineChartProps } from './chart-props'
import { crosshair, pointAt } from './crosshair'
import { plot } from './plot'

type OverlayProps = Pick<LineChartProps, 'from' | 'to' | 'marks'> & { readonly width: number }

/** Marks and the crosshair, drawn over the lines without touching them: the mouse moves and no chart is drawn again. */
export function ChartOverlay({ from, to, marks = [], width }: OverlayProps) {
  const inner = width - plot.left - plot.right
  const placeOf = (at: number) => plot.left + ((at - from) / (to - from)) * inner
  return (
    <div
      className="absolute inset-0"
      onPointerMove={(event) => {
        const x = event.clientX - event.currentTarget.getBoundingClientRect().left - plot.left
        pointAt(x < 0 || x > inner ? null : from + (x / inner) * (to - from))
      }}
      onPointerLeave={() => pointAt(null)}
    >
      {marks
        .filter(({ at }) => at >= from && at <= to)
        .map(({ at, label }) => (
          <div
            key={`${at} ${label}`}
            title={label}
            className="group absolute -ml-1 w-2"
            style={{ left: placeOf(at), top: plot.top, bottom: plot.bottom }}
          >
            <div className="mx-auto h-full w-px bg-faint" />
            <span className="-translate-x-1/2 absolute top-0 left-1/2 z-10 hidden whitespace-nowrap rounded border border-line-strong bg-raised px-1 text-11 group-hover:block">
              {label}
            </span>
          </div>
        ))}
      <Crosshair from={from} to={to} placeOf={placeOf} />
    </div>
  )
}

interface CrosshairProps {
  readonly from: number
  readonly to: number
  readonly placeOf: (at: number) => number
}

function Crosshair({ from, to, placeOf }: CrosshairProps) {
  const at = useStore(crosshair, (state) => state.at)
  if (at === null || at < from || at > to) return null
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute w-px bg-ink opacity-50"
      style={{ left: placeOf(at), top: plot.top, bottom: plot.bottom }}
    />
  )
}
