import { precisionOf } from '@shared/model/known-layouts'
import type { QueueKey } from '@shared/model/queue'
import { figureOf, type Metric } from '@shared/model/sample'
import { Star } from 'lucide-react'
import { useStore } from 'zustand'
import { Badge } from '../../design/badge'
import { Figure } from '../../design/figure'
import { count, rate } from '../../design/number-format'
import { Sparkline } from '../../design/sparkline'
import { duration } from '../../design/time-format'
import { useConsole, useFeed } from '../../stores/console'
import { pinId } from '../../stores/preferences'
import { useSpace } from '../space'
import { useStale } from '../use-stale'

interface CellProps {
  readonly environmentId: string
  readonly queue: QueueKey
}

/** Every cell takes its own slice, so that a tick redraws what changed and nothing else. */
function useFigure({ environmentId, queue }: CellProps, metric: Metric) {
  const value = useFeed(environmentId, (feed) => figureOf(feed.samples.get(queue), metric))
  const precision = useFeed(environmentId, (feed) => {
    const layout = feed.queues.get(queue)?.layout
    return layout ? precisionOf(layout, metric) : 'unknown'
  })
  return { value, precision: value === null ? ('unknown' as const) : precision }
}

export function FigureCell({ environmentId, queue, metric }: CellProps & { readonly metric: Metric }) {
  const { value, precision } = useFigure({ environmentId, queue }, metric)
  const stale = useStale({ environmentId, queue })
  const text = metric === 'inPerSecond' || metric === 'outPerSecond' ? rate(value) : count(value)
  return (
    <Figure
      text={text}
      precision={precision}
      stale={stale !== null}
      quiet={value === 0}
      {...(stale !== null && { title: `${duration(stale)} old` })}
    />
  )
}

export function DeadCell(props: CellProps) {
  const { value, precision } = useFigure(props, 'dead')
  const stale = useStale(props)
  return (
    <Figure
      text={count(value)}
      precision={precision}
      stale={stale !== null}
      quiet={value === 0}
      className="font-medium text-red"
    />
  )
}

export function OldestCell(props: CellProps) {
  const { value, precision } = useFigure(props, 'oldestReadyMs')
  const ready = useFeed(props.environmentId, (feed) => figureOf(feed.samples.get(props.queue), 'ready'))
  const stale = useStale(props)
  // An empty queue has no oldest message; that is known, and not the same as unknown.
  if (value === null && ready === 0) return <span className="text-faint">empty</span>
  return (
    <Figure
      text={duration(value)}
      precision={precision}
      stale={stale !== null}
      className={value !== null && value >= 300_000 ? 'text-amber' : ''}
    />
  )
}

export function TrendCell({ environmentId, queue }: CellProps) {
  const trend = useFeed(environmentId, (feed) => feed.trends.get(queue))
  const stale = useStale({ environmentId, queue })
  if (!trend || trend.length === 0) return null
  return (
    <Sparkline
      fluid
      values={trend}
      label="Depth over the last minute"
      className={stale === null ? 'text-blue' : 'text-faint'}
    />
  )
}

export function NameCell({ environmentId, queue }: CellProps) {
  const space = useSpace(environmentId, queue)
  const info = useFeed(environmentId, (feed) => feed.queues.get(queue))
  const stale = useStale({ environmentId, queue })
  return (
    <span className="flex min-w-0 items-center gap-2">
      <span className="clip font-medium" title={info?.name}>
        {info?.name ?? queue}
      </span>
      {space !== null && <span className="clip text-12 text-faint">{space}</span>}
      {info?.paused && <Badge tone="amber">paused</Badge>}
      {info?.trouble && (
        <span className="clip text-12 text-red" title={info.trouble}>
          {info.trouble}
        </span>
      )}
      {stale !== null && (
        <span className="shrink-0 text-12 text-faint">{duration(Math.round(stale / 1000) * 1000)} old</span>
      )}
    </span>
  )
}

export function PinCell({ environmentId, queue }: CellProps) {
  const { preferences } = useConsole()
  const pinned = useStore(preferences.store, (state) => state.pinned.includes(pinId(environmentId, queue)))
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={pinned ? 'Unpin' : 'Pin'}
      aria-pressed={pinned}
      onClick={(event) => {
        event.stopPropagation()
        preferences.togglePin(environmentId, queue)
      }}
      className={`flex size-5 items-center justify-center rounded ${pinned ? 'text-accent' : 'text-line-strong hover:text-muted'}`}
    >
      <Star size={12} aria-hidden fill={pinned ? 'currentColor' : 'none'} />
    </button>
  )
}
