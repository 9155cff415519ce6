import type { Cause, MessageSummary } from '@shared/model/message'
import { parseQueueKey } from '@shared/model/queue'
import { visible } from '@shared/payload/visible'
import { useCallback, useMemo, useState } from 'react'
import { useActions } from '../../actions'
import { Button } from '../../design/button'
import { DataTable } from '../../design/data-table'
import { EmptyState } from '../../design/empty-state'
import { count } from '../../design/number-format'
import { SkeletonRows } from '../../design/skeleton'
import { everything, type TableSelection } from '../../design/table-selection'
import { useConsole } from '../../stores/console'
import { go } from '../../stores/route'
import { causeColumns } from '../message-columns'
import { TroubleView } from '../trouble-view'
import { pageSize, useMessagePages } from '../use-message-pages'
import { useReloadAfterRuns } from '../use-reload-after-runs'
import { useWide } from '../use-wide'
import { CauseBar } from './cause-bar'

export interface CauseRowsProps {
  readonly environmentId: string
  readonly cause: Cause
  readonly queue: Cause['queues'][number]
  readonly message: string | null
  readonly onReloadCauses: () => void
}

/** The dead letters of one cause in one queue. All that match are selected to begin with: taking out is the exception. */
export function CauseRows({ environmentId, cause, queue, message, onReloadCauses }: CauseRowsProps) {
  const { client } = useConsole()
  const ask = useCallback(
    (cursor: string | null, signal: AbortSignal) =>
      client.messages.ofCause(
        { environmentId, queue: queue.key, cause: cause.key, cursor, limit: pageSize },
        { signal },
      ),
    [client, environmentId, queue.key, cause.key],
  )
  const pages = useMessagePages(ask)
  const narrow = !useWide() && message !== null
  const [selection, setSelection] = useState<TableSelection>(everything)
  const { reload } = pages
  useReloadAfterRuns({ environmentId, queue: queue.key, reload })
  const place = { at: 'dead-letters', environmentId, cause: cause.key, queue: queue.key } as const
  const open = (id: string | null) => go({ ...place, message: id }, message === null ? 'push' : 'replace')
  useActions([
    {
      id: 'close-message',
      label: 'Close the message',
      group: 'Dead letters',
      keys: 'escape',
      when: () => (message === null ? 'None is open.' : null),
      perform: () => open(null),
    },
  ])
  const columns = useMemo(() => causeColumns(narrow), [narrow])
  return (
    <>
      <div className="flex min-h-9 shrink-0 flex-wrap items-center gap-2 border-line border-b bg-surface px-4 py-1 text-12">
        <label className="flex items-center gap-2 text-muted">
          in
          <select
            value={queue.key}
            onChange={(event) => go({ ...place, queue: event.target.value, message: null }, 'replace')}
            className="h-6 max-w-52 rounded border border-line-strong bg-canvas px-1 text-12 text-ink"
          >
            {cause.queues.map((one) => (
              <option key={one.key} value={one.key}>
                {visible(parseQueueKey(one.key)?.name ?? one.key)} ({count(one.count)})
              </option>
            ))}
          </select>
        </label>
        <CauseBar
          environmentId={environmentId}
          queue={queue.key}
          cause={cause}
          total={pages.total ?? queue.count}
          selection={selection}
          onSelect={setSelection}
          onCommitted={onReloadCauses}
        />
      </div>
      {pages.trouble && pages.items.length === 0 ? (
        <TroubleView trouble={pages.trouble} action={<Button onClick={reload}>Try again</Button>} />
      ) : pages.phase === 'loading' ? (
        <SkeletonRows rows={12} />
      ) : (
        <DataTable<MessageSummary>
          label={`Dead letters of this cause in ${parseQueueKey(queue.key)?.name ?? queue.key}`}
          columns={columns}
          rows={pages.items}
          total={pages.total ?? queue.count}
          keyOf={idOf}
          openKey={message}
          openFollows
          onOpen={(row) => open(row.id)}
          selection={selection}
          onSelect={setSelection}
          onEndReached={pages.more}
          empty={<EmptyState title="None left">They were replayed, discarded or taken away meanwhile.</EmptyState>}
        />
      )}
    </>
  )
}

const idOf = (row: MessageSummary) => row.id
