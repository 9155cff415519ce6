import type { QueueKey } from '@shared/model/queue'
import { type ReactNode, useMemo, useRef } from 'react'
import { ContextMenu } from '../../design/context-menu'
import { DataTable } from '../../design/data-table'
import type { Column } from '../../design/table-props'
import { useConsole } from '../../stores/console'
import { go } from '../../stores/route'
import type { OverviewSort } from './overview-sort'
import { DeadCell, FigureCell, NameCell, OldestCell, PinCell, TrendCell } from './queue-cells'
import type { QueueGroup } from './queue-order'

type Row =
  | { readonly kind: 'queue'; readonly key: QueueKey }
  | { readonly kind: 'group'; readonly key: string; readonly name: string; readonly size: number }

export interface QueueTableProps {
  readonly environmentId: string
  readonly groups: readonly QueueGroup[]
  readonly grouped: boolean
  readonly sort: OverviewSort
  readonly onSort: (sort: OverviewSort) => void
  /** true while the pointer or the focus is in the table: then nothing may move. */
  readonly onTouch: (touched: boolean) => void
  readonly onOpen: (queue: QueueKey) => void
  readonly empty: ReactNode
}

export function QueueTable(props: QueueTableProps) {
  const { environmentId, groups, grouped, sort, onSort, onTouch, onOpen, empty } = props
  const { preferences } = useConsole()
  const under = useRef<QueueKey | null>(null)
  const rows = useMemo(
    () =>
      groups.flatMap((group): Row[] => [
        ...(grouped
          ? [
              {
                kind: 'group' as const,
                key: `group ${group.name}`,
                name: group.name || 'Others',
                size: group.keys.length,
              },
            ]
          : []),
        ...group.keys.map((key) => ({ kind: 'queue' as const, key })),
      ]),
    [groups, grouped],
  )
  const columns = useMemo(() => columnsFor(environmentId), [environmentId])
  return (
    <ContextMenu
      entries={() => {
        const queue = under.current
        if (queue === null) return []
        return [
          { id: 'open', label: 'Open', keys: 'enter', onChoose: () => onOpen(queue) },
          {
            id: 'dead',
            label: 'Open dead letters',
            onChoose: () => go({ at: 'queue', environmentId, queue, state: 'dead', message: null }),
          },
          { id: 'send', label: 'Send a message…', onChoose: () => go({ at: 'send', environmentId, queue }) },
          {
            id: 'pin',
            label: 'Pin or unpin',
            keys: 'p',
            apart: true,
            onChoose: () => preferences.togglePin(environmentId, queue),
          },
          { id: 'copy', label: 'Copy its key', onChoose: () => void navigator.clipboard.writeText(queue) },
        ]
      }}
    >
      <div
        className="flex min-h-0 flex-1 flex-col"
        onPointerEnter={() => onTouch(true)}
        onPointerLeave={() => onTouch(false)}
        onContextMenuCapture={(event) => {
          const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-key]') : null
          under.current = row?.dataset.key ?? null
        }}
      >
        <DataTable
          label="Queues"
          columns={columns}
          rows={rows}
          keyOf={keyOf}
          bandOf={bandOf}
          sort={sort}
          onSort={({ column, descending }) => {
            const known = sortable.find((candidate) => candidate === column)
            if (known) onSort({ column: known, descending })
          }}
          onOpen={(row) => onOpen(row.key)}
          onKey={(key, row) => {
            if (key !== 'p') return false
            preferences.togglePin(environmentId, row.key)
            return true
          }}
          empty={empty}
        />
      </div>
    </ContextMenu>
  )
}

const keyOf = (row: Row) => row.key

const bandOf = (row: Row) =>
  row.kind === 'group' ? (
    <span className="text-12">
      <span className="font-medium">{row.name}</span> <span className="text-faint">{row.size}</span>
    </span>
  ) : undefined

const sortable = [
  'name',
  'depth',
  'ready',
  'leased',
  'delayed',
  'dead',
  'oldestReadyMs',
  'inPerSecond',
  'outPerSecond',
] as const

const columnsFor = (environmentId: string): readonly Column<Row>[] => {
  const figure = (id: 'ready' | 'leased' | 'delayed', head: string): Column<Row> => ({
    id,
    head,
    width: '76px',
    align: 'end',
    sortable: true,
    cell: ({ key }) => <FigureCell environmentId={environmentId} queue={key} metric={id} />,
  })
  return [
    {
      id: 'pin',
      head: null,
      label: 'Pinned',
      width: '28px',
      cell: ({ key }) => <PinCell environmentId={environmentId} queue={key} />,
    },
    {
      id: 'name',
      head: 'Queue',
      width: 'minmax(160px, 1.2fr)',
      sortable: true,
      cell: ({ key }) => <NameCell environmentId={environmentId} queue={key} />,
    },
    {
      id: 'depth',
      head: 'Depth',
      width: 'minmax(84px, 0.4fr)',
      sortable: true,
      largestFirst: true,
      cell: ({ key }) => <TrendCell environmentId={environmentId} queue={key} />,
    },
    figure('ready', 'Ready'),
    figure('leased', 'Leased'),
    figure('delayed', 'Delayed'),
    {
      id: 'dead',
      head: 'Dead',
      width: '68px',
      align: 'end',
      sortable: true,
      cell: ({ key }) => <DeadCell environmentId={environmentId} queue={key} />,
    },
    {
      id: 'oldestReadyMs',
      head: 'Oldest',
      width: '84px',
      align: 'end',
      sortable: true,
      cell: ({ key }) => <OldestCell environmentId={environmentId} queue={key} />,
    },
    {
      id: 'inPerSecond',
      head: 'In /s',
      width: '68px',
      align: 'end',
      sortable: true,
      cell: ({ key }) => <FigureCell environmentId={environmentId} queue={key} metric="inPerSecond" />,
    },
    {
      id: 'outPerSecond',
      head: 'Out /s',
      width: '76px',
      align: 'end',
      sortable: true,
      cell: ({ key }) => <FigureCell environmentId={environmentId} queue={key} metric="outPerSecond" />,
    },
  ]
}
