import type { PendingEntry } from '@shared/model/consumer-group'
import type { QueueKey } from '@shared/model/queue'
import { visible } from '@shared/payload/visible'
import { useCallback } from 'react'
import { Button } from '../../design/button'
import { DataTable } from '../../design/data-table'
import { EmptyState } from '../../design/empty-state'
import { count } from '../../design/number-format'
import { SkeletonRows } from '../../design/skeleton'
import type { Column } from '../../design/table-props'
import { duration } from '../../design/time-format'
import { useConsole } from '../../stores/console'
import { TroubleView } from '../trouble-view'
import { pageSize, useMessagePages } from '../use-message-pages'
import { ListBar } from './list-bar'

interface PendingListProps {
  readonly environmentId: string
  readonly queue: QueueKey
  readonly group: string
  /** null: of all of the group. */
  readonly consumer: string | null
}

/** What was delivered and not acknowledged, in the order of ids. */
export function PendingList({ environmentId, queue, group, consumer }: PendingListProps) {
  const { client } = useConsole()
  const ask = useCallback(
    async (cursor: string | null, signal: AbortSignal) => {
      const request = { environmentId, queue, group, consumer, cursor, limit: pageSize }
      const page = await client.queues.pendingEntries(request, { signal })
      return { ...page, total: null }
    },
    [client, environmentId, queue, group, consumer],
  )
  const pages = useMessagePages<PendingEntry>(ask)
  return (
    <section aria-label="Pending entries" className="flex min-h-0 flex-1 flex-col border-line-strong border-t">
      <ListBar takenAt={pages.phase === 'ready' ? pages.takenAt : null} onRefresh={pages.reload}>
        Pending of {visible(consumer ?? group)}
      </ListBar>
      {pages.trouble && pages.items.length === 0 ? (
        <TroubleView trouble={pages.trouble} action={<Button onClick={pages.reload}>Try again</Button>} />
      ) : pages.phase === 'loading' ? (
        <SkeletonRows rows={6} />
      ) : (
        <DataTable<PendingEntry>
          label="Pending entries"
          columns={columns}
          rows={pages.items}
          keyOf={keyOf}
          onEndReached={pages.more}
          empty={<EmptyState title="Nothing is pending">All that was delivered has been acknowledged.</EmptyState>}
        />
      )}
    </section>
  )
}

const keyOf = (row: PendingEntry) => row.id

const columns: readonly Column<PendingEntry>[] = [
  {
    id: 'id',
    head: <span className="pl-2">Id</span>,
    width: '200px',
    cell: ({ id }) => <span className="pl-2 font-mono text-12">{id}</span>,
  },
  {
    id: 'consumer',
    head: 'Consumer',
    width: 'minmax(120px, 1fr)',
    cell: ({ consumer }) => <span className="text-muted">{visible(consumer)}</span>,
  },
  {
    id: 'idle',
    head: 'Delivered',
    width: '104px',
    align: 'end',
    cell: ({ idleMs }) => <span className="tabular">{duration(idleMs)} ago</span>,
  },
  {
    id: 'deliveries',
    head: 'Deliveries',
    width: '88px',
    align: 'end',
    cell: ({ deliveries }) => <span className="tabular">{count(deliveries)}</span>,
  },
  {
    id: 'preview',
    head: 'Entry',
    width: 'minmax(200px, 3fr)',
    cell: ({ missing, preview }) =>
      missing ? (
        <span className="text-amber">trimmed or deleted: its body is gone</span>
      ) : (
        <span className="font-mono text-12 text-muted">{visible(preview)}</span>
      ),
  },
]
