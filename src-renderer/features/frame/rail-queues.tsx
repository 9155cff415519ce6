import { precisionOf } from '@shared/model/known-layouts'
import { figureOf } from '@shared/model/sample'
import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import { cx } from '../../design/cx'
import { compact, plural } from '../../design/number-format'
import { useConsole, useFeed, useRoute } from '../../stores/console'
import { pinId } from '../../stores/preferences'
import { hrefOf } from '../../stores/route'
import { spaceOf, useSpace } from '../space'

/** More than this many are found by typing; a longer list helps nobody. */
const shownAtMost = 100

export function RailQueues({ environmentId }: { readonly environmentId: string }) {
  const { preferences } = useConsole()
  const [filter, setFilter] = useState('')
  const keys = useFeed(environmentId, (state) => state.keys)
  const queues = useFeed(environmentId, (state) => state.queues)
  const pinned = useStore(preferences.store, (state) => state.pinned)
  const { top, rest, hidden } = useMemo(() => {
    const wanted = filter.trim().toLowerCase()
    const isWanted = (key: string) =>
      `${queues.get(key)?.name} ${spaceOf(queues, key) ?? ''}`.toLowerCase().includes(wanted)
    const matching = keys.filter((key) => wanted === '' || isWanted(key))
    const isPinned = new Set(pinned)
    const first = matching.filter((key) => isPinned.has(pinId(environmentId, key)))
    const others = matching.filter((key) => !isPinned.has(pinId(environmentId, key)))
    return { top: first, rest: others.slice(0, shownAtMost), hidden: Math.max(0, others.length - shownAtMost) }
  }, [keys, queues, pinned, filter, environmentId])
  return (
    <nav aria-label="Queues" className="flex min-h-0 flex-1 flex-col border-line border-t">
      <div className="px-2 pt-2 pb-1">
        <input
          type="search"
          aria-label="Filter the queues in the rail"
          placeholder={keys.length > 0 ? `Filter ${plural(keys.length, 'queue')}` : 'Filter queues'}
          value={filter}
          spellCheck={false}
          onChange={(event) => setFilter(event.target.value)}
          className="h-6 w-full rounded border border-line-strong bg-canvas px-2 text-12"
        />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
        {top.map((queue) => (
          <RailQueue key={queue} environmentId={environmentId} queue={queue} pinned />
        ))}
        {rest.map((queue) => (
          <RailQueue key={queue} environmentId={environmentId} queue={queue} />
        ))}
        {hidden > 0 && <p className="px-2 py-1 text-12 text-faint">{hidden} more, type to find them</p>}
      </div>
    </nav>
  )
}

interface RailQueueProps {
  readonly environmentId: string
  readonly queue: string
  readonly pinned?: boolean
}

function RailQueue({ environmentId, queue, pinned }: RailQueueProps) {
  const route = useRoute()
  const info = useFeed(environmentId, (state) => state.queues.get(queue))
  const dead = useFeed(environmentId, (state) => figureOf(state.samples.get(queue), 'dead'))
  const space = useSpace(environmentId, queue)
  const current = route.at === 'queue' && route.queue === queue
  const name = info?.name ?? queue
  return (
    <a
      href={hrefOf({ at: 'queue', environmentId, queue, state: 'ready', message: null })}
      aria-current={current ? 'page' : undefined}
      title={space === null ? name : `${name} in ${space}`}
      className={cx(
        'flex h-6 items-center gap-1.5 rounded px-2 text-12',
        current ? 'bg-picked font-medium' : 'text-muted hover:bg-hover hover:text-ink',
      )}
    >
      <span aria-hidden className="w-2 shrink-0 text-accent">
        {pinned ? '★' : ''}
      </span>
      <span className="clip flex-1">
        {name}
        {space !== null && <span className="text-faint"> {space}</span>}
        {pinned && <span className="sr-only">, pinned</span>}
      </span>
      {info?.paused && <span className="text-11 text-amber">paused</span>}
      {dead !== null && dead > 0 && (
        <span className="tabular text-red">
          {info && precisionOf(info.layout, 'dead') === 'approximate' && '≈'}
          {compact(dead)}
          <span className="sr-only"> dead</span>
        </span>
      )}
    </a>
  )
}
