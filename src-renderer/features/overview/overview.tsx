import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useActions } from '../../actions'
import { Button } from '../../design/button'
import { EmptyState } from '../../design/empty-state'
import { Segmented } from '../../design/segmented'
import { SkeletonRows } from '../../design/skeleton'
import { useConsole, useEnvironment, useFeed } from '../../stores/console'
import { go, hrefOf } from '../../stores/route'
import { ScreenHead } from '../screen-head'
import { TroubleView } from '../trouble-view'
import { AttentionList } from './attention-list'
import type { OverviewSort } from './overview-sort'
import { type Grouping, movedCount, orderQueues, type QueueGroup, withArrivals } from './queue-order'
import { QueueTable } from './queue-table'

const groupingLabels: readonly { readonly value: Grouping; readonly label: string }[] = [
  { value: 'product', label: 'Layout' },
  { value: 'prefix', label: 'Prefix' },
  { value: 'none', label: 'Flat' },
]

/** Everything at once: what needs a person, then every queue with its trend. */
export function Overview({ environmentId }: { readonly environmentId: string }) {
  const { feeds } = useConsole()
  const { state } = useEnvironment(environmentId)
  const [filter, setFilter] = useState('')
  const [grouping, setGrouping] = useState<Grouping>('product')
  const [sort, setSort] = useState<OverviewSort>({ column: 'name', descending: false })
  const search = useRef<HTMLInputElement>(null)
  const phase = useFeed(environmentId, (feed) => feed.phase)
  const trouble = useFeed(environmentId, (feed) => feed.trouble)
  const keys = useFeed(environmentId, (feed) => feed.keys)
  // Order follows live figures only where figures decide it.
  const at = useFeed(environmentId, (feed) => (sort.column === 'name' ? null : feed.at))
  // biome-ignore lint/correctness/useExhaustiveDependencies: keys and at say that the feed's figures changed
  const fresh = useMemo(
    () => orderQueues(feeds.of(environmentId).getState(), { grouping, filter, ...sort }),
    [feeds, environmentId, grouping, filter, sort, keys, at],
  )
  const [touched, setTouched] = useTouched()
  const question = `${environmentId}|${grouping}|${filter}|${sort.column}|${sort.descending}`
  const held = useRef<{ question: string; groups: readonly QueueGroup[] } | null>(null)
  if (!touched || held.current?.question !== question || held.current.groups.length === 0)
    held.current = { question, groups: fresh }
  else held.current = { question, groups: withArrivals(held.current.groups, fresh) }
  const shown = held.current.groups
  const waiting = touched ? movedCount(shown, fresh) : 0
  const [, redraw] = useState(0)
  const resort = useCallback(() => {
    held.current = null
    redraw((count) => count + 1)
  }, [])
  useActions([
    { id: 'filter', label: 'Filter queues', group: 'Overview', keys: '/', perform: () => search.current?.select() },
    {
      id: 'resort',
      label: 'Re-sort the table',
      group: 'Overview',
      keys: 's',
      when: () => (waiting > 0 ? null : 'The order is current.'),
      perform: resort,
    },
  ])
  const count = shown.reduce((sum, group) => sum + group.keys.length, 0)
  const blocking = phase === 'loading' ? (trouble ?? (state?.phase === 'lost' ? state.trouble : null)) : null
  return (
    <>
      <ScreenHead title="Overview">
        {waiting > 0 && <Button onClick={resort}>Re-sort ({waiting})</Button>}
        <Segmented label="Group queues by" value={grouping} options={groupingLabels} onChange={setGrouping} />
        <input
          ref={search}
          type="search"
          aria-label="Filter queues"
          placeholder="/ filter queues"
          value={filter}
          spellCheck={false}
          onChange={(event) => setFilter(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return
            setFilter('')
            event.currentTarget.blur()
          }}
          className="h-7 w-52 rounded border border-line-strong bg-canvas px-2"
        />
      </ScreenHead>
      {blocking ? (
        <TroubleView
          trouble={blocking}
          action={
            <Button onClick={() => go({ at: 'environments', environmentId, edit: environmentId })}>
              Check the connection
            </Button>
          }
        />
      ) : phase === 'loading' ? (
        <SkeletonRows rows={20} />
      ) : keys.length === 0 ? (
        <EmptyState
          title="No queues found"
          action={
            <Button onClick={() => go({ at: 'environments', environmentId, edit: environmentId })}>
              Check the connection
            </Button>
          }
        >
          Nothing in this Redis looks like a queue of the engine or of BullMQ. A queue appears here within seconds of
          its first message. Another database number or key prefix is set in the environment.
        </EmptyState>
      ) : (
        <>
          <AttentionList environmentId={environmentId} held={touched} />
          <QueueTable
            environmentId={environmentId}
            groups={shown}
            grouped={grouping !== 'none'}
            sort={sort}
            onSort={setSort}
            onTouch={setTouched}
            empty={
              <EmptyState
                title={`No queue matches “${filter}”`}
                action={<Button onClick={() => setFilter('')}>Show all</Button>}
              >
                {null}
              </EmptyState>
            }
            onOpen={(queue) => {
              location.hash = hrefOf({ at: 'queue', environmentId, queue, state: 'ready', message: null })
            }}
          />
          <p className="sr-only" aria-live="polite">
            {count} queues shown
          </p>
        </>
      )}
    </>
  )
}

/** Time to reach for "Re-sort" after the pointer has left the table, before the order catches up by itself. */
const releaseMs = 4_000

/** Whether somebody is at the table: at once when they come, a little after they have gone. */
function useTouched(): readonly [boolean, (touched: boolean) => void] {
  const [touched, setTouched] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const set = useCallback((next: boolean) => {
    clearTimeout(timer.current)
    if (next) setTouched(true)
    else timer.current = setTimeout(() => setTouched(false), releaseMs)
  }, [])
  return [touched, set]
}
