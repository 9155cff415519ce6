import type { Cause } from '@shared/model/message'
import { parseQueueKey } from '@shared/model/queue'
import { visible } from '@shared/payload/visible'
import { useMemo, useState } from 'react'
import { DataTable } from '../../design/data-table'
import { EmptyState } from '../../design/empty-state'
import { count, share } from '../../design/number-format'
import { Sparkline } from '../../design/sparkline'
import type { Column, Sort } from '../../design/table-props'
import { Time } from '../../design/time'
import { sortCauses } from './causes'

interface CauseTableProps {
  readonly environmentId: string
  readonly causes: readonly Cause[]
  readonly total: number
  readonly chosen: string | null
  readonly onOpen: (cause: Cause) => void
  readonly narrow: boolean
}

const rowHeight = 28
/** As many causes as stand above the letters without pushing them away. */
const rowsAtMost = 8

export function CauseTable({ causes, total, chosen, onOpen, narrow }: CauseTableProps) {
  const [sort, setSort] = useState<Sort>({ column: 'count', descending: true })
  const rows = useMemo(() => sortCauses(causes, sort), [causes, sort])
  const columns = useMemo(
    () => columnsOf(total).filter((column) => !narrow || narrowColumns.has(column.id)),
    [total, narrow],
  )
  return (
    <div
      className="flex shrink-0 flex-col border-line-strong border-b"
      style={{ height: (Math.min(rowsAtMost, Math.max(rows.length, 3)) + 1) * rowHeight + 1 }}
    >
      <DataTable
        label="Causes"
        columns={columns}
        rows={rows}
        keyOf={keyOf}
        sort={sort}
        onSort={setSort}
        openKey={chosen}
        openFollows
        onOpen={onOpen}
        empty={<EmptyState title="No cause matches" />}
      />
    </div>
  )
}

const keyOf = (cause: Cause) => cause.key
const narrowColumns: ReadonlySet<string> = new Set(['title', 'count', 'lastAt'])

const columnsOf = (total: number): readonly Column<Cause>[] => [
  {
    id: 'title',
    head: 'Cause',
    width: 'minmax(200px, 1fr)',
    sortable: true,
    cell: (cause) => (
      <span className="font-medium" title={visible(cause.title)}>
        {visible(cause.title)}
      </span>
    ),
  },
  {
    id: 'count',
    head: 'Count',
    width: '72px',
    align: 'end',
    sortable: true,
    cell: (cause) => <span className="tabular font-medium text-red">{count(cause.count)}</span>,
  },
  {
    id: 'share',
    head: 'Share',
    width: '64px',
    align: 'end',
    cell: (cause) => <span className="tabular text-muted">{share(total === 0 ? null : cause.count / total)}</span>,
  },
  {
    id: 'trend',
    head: 'Trend',
    width: '84px',
    cell: (cause) => (
      <Sparkline values={cause.trend} label="Deaths over the span that was sorted" className="text-red" />
    ),
  },
  {
    id: 'firstAt',
    head: 'First',
    width: '100px',
    align: 'end',
    sortable: true,
    cell: (cause) => <Time at={cause.firstAt} as="clock" />,
  },
  {
    id: 'lastAt',
    head: 'Last',
    width: '100px',
    align: 'end',
    sortable: true,
    cell: (cause) => <Time at={cause.lastAt} as="clock" />,
  },
  {
    id: 'queues',
    head: 'Queues',
    width: 'minmax(100px, 200px)',
    cell: (cause) => {
      const names = cause.queues.map(({ key }) => visible(parseQueueKey(key)?.name ?? key))
      return <span title={names.join('\n')}>{names.join(', ')}</span>
    },
  },
]
