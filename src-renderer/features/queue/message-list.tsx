import { layoutFacts } from '@shared/model/known-layouts'
import type { MessageState, MessageSummary } from '@shared/model/message'
import { parseQueueKey, type QueueKey } from '@shared/model/queue'
import { phraseOf } from '@shared/model/replay-offer'
import { figureOf } from '@shared/model/sample'
import { RotateCw } from 'lucide-react'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { useActions } from '../../actions'
import { Button } from '../../design/button'
import { DataTable } from '../../design/data-table'
import { EmptyState } from '../../design/empty-state'
import { IconButton } from '../../design/icon-button'
import { count } from '../../design/number-format'
import { SkeletonRows } from '../../design/skeleton'
import { isEmptySelection, nothing, selectedCount, type TableSelection } from '../../design/table-selection'
import { Time } from '../../design/time'
import { useConsole, useFeed } from '../../stores/console'
import { askForPlan } from '../../stores/plan-request'
import { go } from '../../stores/route'
import { itemWord, stateWord } from '../layout-words'
import { messageColumns } from '../message-columns'
import { toSelection } from '../plan-selection'
import { TroubleView } from '../trouble-view'
import { useAbilities } from '../use-abilities'
import { pageSize, useMessagePages } from '../use-message-pages'
import { useReloadAfterRuns } from '../use-reload-after-runs'
import { useWide } from '../use-wide'

export interface MessageListProps {
  readonly environmentId: string
  readonly queue: QueueKey
  readonly state: MessageState
  readonly message: string | null
}

/** The messages of one state as they stood when the list was taken; new ones wait behind "refresh". */
export function MessageList({ environmentId, queue, state, message }: MessageListProps) {
  const { client } = useConsole()
  const ask = useCallback(
    (cursor: string | null, signal: AbortSignal) =>
      client.messages.browse({ environmentId, queue, state, cursor, limit: pageSize }, { signal }),
    [client, environmentId, queue, state],
  )
  const pages = useMessagePages(ask)
  const narrow = !useWide() && message !== null
  const [selection, setSelection] = useState<TableSelection>(nothing)
  const live = useFeed(environmentId, (feed) => figureOf(feed.samples.get(queue), state))
  const layout = parseQueueKey(queue)?.layout
  const { reload } = pages
  useReloadAfterRuns({ environmentId, queue, reload })
  // An empty list that is not empty any more has nothing that could be moved by filling it.
  const isPeeked = layout !== undefined && layoutFacts[layout].isPeeked === true
  const waiting = !isPeeked && pages.phase === 'ready' && !pages.trouble && pages.items.length === 0 && (live ?? 0) > 0
  useEffect(() => {
    if (!waiting) return
    const timer = setTimeout(reload, 500)
    return () => clearTimeout(timer)
  }, [waiting, reload])
  const open = (id: string | null) =>
    go({ at: 'queue', environmentId, queue, state, message: id }, message === null ? 'push' : 'replace')
  useActions([
    { id: 'refresh', label: 'Take the list anew', group: 'Messages', keys: 'r', perform: reload },
    {
      id: 'close-message',
      label: 'Close the message',
      group: 'Messages',
      keys: 'escape',
      when: () => (message === null ? 'None is open.' : null),
      perform: () => open(null),
    },
  ])
  const columns = useMemo(() => messageColumns(state, narrow), [state, narrow])
  if (pages.trouble && pages.items.length === 0) {
    return <TroubleView trouble={pages.trouble} action={<Button onClick={reload}>Try again</Button>} />
  }
  const drift = live !== null && pages.total !== null ? live - pages.total : 0
  return (
    <>
      <div className="flex h-9 shrink-0 items-center gap-2 border-line border-b px-4 text-12 text-muted">
        <SelectionBar
          {...{ environmentId, queue, state, selection }}
          total={pages.total ?? pages.items.length}
          onDone={() => setSelection(nothing)}
        />
        <span className="ml-auto flex items-center gap-1">
          {pages.phase === 'ready' && (
            <>
              {drift !== 0 && (
                <span className="tabular">
                  {drift > 0 ? `${count(drift)} more now` : `${count(-drift)} fewer now`} ·
                </span>
              )}
              as of <Time at={pages.takenAt} />
            </>
          )}
          <IconButton label="Refresh the list" keys="r" onClick={reload}>
            <RotateCw size={13} aria-hidden />
          </IconButton>
        </span>
      </div>
      {pages.phase === 'loading' ? (
        <SkeletonRows rows={14} />
      ) : (
        <DataTable<MessageSummary>
          label={`${stateWord(layout, state)} ${itemWord(layout, 2)}`}
          columns={columns}
          rows={pages.items}
          total={pages.total}
          keyOf={idOf}
          openKey={message}
          openFollows
          onOpen={(row) => open(row.id)}
          selection={selection}
          onSelect={setSelection}
          onEndReached={pages.more}
          empty={
            isPeeked && live !== 0 ? (
              <EmptyState title="Nothing was looked at">
                {live === null ? 'How many are there is not known.' : `About ${count(live)} are there.`} They show here
                after a look, at the price that it tells first.
              </EmptyState>
            ) : (
              <EmptyState title={`Nothing is ${stateWord(layout, state).toLowerCase()}`}>
                {emptyWords[state]}
              </EmptyState>
            )
          }
        />
      )}
    </>
  )
}

const idOf = (row: MessageSummary) => row.id

const emptyWords: Readonly<Record<MessageState, string>> = {
  ready: 'Messages that wait for a worker stand here.',
  leased: 'Messages that a worker holds right now stand here.',
  delayed: 'Messages that become ready later, by their delay or after a failed attempt, stand here.',
  dead: 'Messages that failed for good stand here, with their error, until they are replayed or discarded.',
  done: 'Finished messages stand here where the queue keeps them.',
}

interface SelectionBarProps extends Omit<MessageListProps, 'message'> {
  readonly selection: TableSelection
  readonly total: number
  readonly onDone: () => void
}

function SelectionBar({ environmentId, queue, state, selection, total, onDone }: SelectionBarProps) {
  const { may, replay } = useAbilities({ environmentId, queue })
  const chosen = selectedCount(selection, total) ?? 0
  const query = toSelection(selection, { state, cause: null })
  const why = query.ok ? null : query.why
  const isOffered = replay.from.includes(state)
  const ask = (kind: 'replay' | 'discard') => {
    if (!query.ok) return
    askForPlan({
      heading: phraseOf(kind === 'replay' ? replay.verb : 'Discard', count(chosen)),
      request: { environmentId, queue, selection: query.selection, action: { kind } },
      onCommitted: onDone,
    })
  }
  const some = !isEmptySelection(selection) && chosen > 0
  useActions([
    ...(isOffered
      ? [
          {
            id: 'replay-selected',
            label: `${phraseOf(replay.verb, 'the selected')}…`,
            group: 'Messages',
            keys: 'mod+enter',
            when: () => why ?? may('replay'),
            perform: () => ask('replay'),
          },
        ]
      : []),
    {
      id: 'discard-selected',
      label: 'Discard the selected…',
      group: 'Messages',
      keys: 'mod+backspace',
      when: () => why ?? may('discard'),
      perform: () => ask('discard'),
    },
  ])
  if (!some) return <span>{count(total)} in this list · space selects</span>
  return (
    <>
      <span className="tabular font-medium text-ink">
        {selection.kind === 'all'
          ? `all ${count(total)} selected${selection.except.size > 0 ? `, ${count(selection.except.size)} excluded` : ''}`
          : `${count(chosen)} selected`}
      </span>
      {isOffered && (
        <Button look="primary" small why={why ?? may('replay')} onClick={() => ask('replay')}>
          {phraseOf(replay.verb, count(chosen))}…
        </Button>
      )}
      <Button small why={why ?? may('discard')} onClick={() => ask('discard')}>
        Discard {count(chosen)}…
      </Button>
      <Button look="quiet" small onClick={onDone}>
        Clear
      </Button>
    </>
  )
}
