import type { RoutingGraph } from '@shared/model/routing'
import { visible } from '@shared/payload/visible'
import { RotateCw } from 'lucide-react'
import { useCallback, useMemo } from 'react'
import { useActions } from '../../actions'
import { Badge } from '../../design/badge'
import { Button } from '../../design/button'
import { DataTable } from '../../design/data-table'
import { EmptyState } from '../../design/empty-state'
import { Figure } from '../../design/figure'
import { IconButton } from '../../design/icon-button'
import { plural, rate } from '../../design/number-format'
import { SkeletonRows } from '../../design/skeleton'
import type { Column } from '../../design/table-props'
import { Time } from '../../design/time'
import { useConsole } from '../../stores/console'
import { go, type RouteNode } from '../../stores/route'
import { ScreenHead } from '../screen-head'
import { TroubleView } from '../trouble-view'
import { useAnswer } from '../use-answer'
import { useEvery } from '../use-every'
import { ExchangeNode } from './exchange-node'
import { type ExchangeRow, exchangeRows, nodeKey } from './graph'
import { QueueNode } from './queue-node'

const everyMs = 10_000

interface RoutingScreenProps {
  readonly environmentId: string
  /** null: the first exchange that leads somewhere. */
  readonly node: RouteNode | null
}

/** Exchanges at the left; at the right the place where one stands, with all ways to it and from it. */
export function RoutingScreen({ environmentId, node }: RoutingScreenProps) {
  const { client } = useConsole()
  const ask = useCallback(
    async (signal: AbortSignal) => ({
      graph: await client.environments.routing({ environmentId }, { signal }),
      takenAt: Date.now(),
    }),
    [client, environmentId],
  )
  const { value, trouble, reload } = useAnswer(ask)
  useEvery(everyMs, reload)
  useActions([{ id: 'refresh', label: 'Ask anew', group: 'Exchanges', keys: 'r', perform: reload }])
  const graph: RoutingGraph | null = value?.graph ?? null
  const rows = useMemo(() => exchangeRows(graph), [graph])
  const columns = useMemo(() => [nameColumn(new Set(rows.map(({ space }) => space)).size > 1), ...otherColumns], [rows])
  const exchange = node
    ? rows.find(({ key }) => key === nodeKey(node))
    : (rows.find(({ routes }) => routes > 0) ?? rows[0])
  return (
    <>
      <ScreenHead
        title="Exchanges"
        detail={
          graph
            ? `${plural(rows.length, 'exchange')}, ${plural(graph.bindings.length, 'binding')}`
            : 'how messages find their queues'
        }
      >
        {value && (
          <span className="flex items-center gap-1 text-12 text-muted">
            {graph?.truncated && <Badge tone="amber">cut at 5,000</Badge>}
            as of <Time at={value.takenAt} />
            <IconButton label="Ask anew" keys="r" onClick={reload}>
              <RotateCw size={13} aria-hidden />
            </IconButton>
          </span>
        )}
      </ScreenHead>
      {!value && trouble ? (
        <TroubleView trouble={trouble} action={<Button onClick={reload}>Try again</Button>} />
      ) : !value ? (
        <SkeletonRows rows={10} />
      ) : !graph ? (
        <EmptyState title="This broker does not route">Its messages go straight to their queues.</EmptyState>
      ) : (
        <div className="grid min-h-0 flex-1 grid-cols-[minmax(400px,2fr)_minmax(0,5fr)]">
          <div className="flex min-h-0 flex-col border-line border-r">
            <DataTable<ExchangeRow>
              label="Exchanges"
              columns={columns}
              rows={rows}
              keyOf={keyOf}
              openKey={exchange?.key ?? null}
              openFollows
              onOpen={({ space, name }) =>
                go({ at: 'routing', environmentId, node: { kind: 'exchange', space, name } })
              }
              empty={<EmptyState title="No exchange">This user sees none.</EmptyState>}
            />
          </div>
          {exchange ? (
            <ExchangeNode environmentId={environmentId} graph={graph} exchange={exchange} />
          ) : node?.kind === 'queue' ? (
            <QueueNode environmentId={environmentId} graph={graph} node={node} />
          ) : (
            <EmptyState title="This exchange is not there">It was deleted, or this user may not see it.</EmptyState>
          )}
        </div>
      )}
    </>
  )
}

const keyOf = (row: ExchangeRow) => row.key

const nameColumn = (several: boolean): Column<ExchangeRow> => ({
  id: 'name',
  head: <span className="pl-2">Exchange</span>,
  width: 'minmax(120px, 2fr)',
  cell: ({ name, space }) => (
    <span className="pl-2" title={`${visible(name)} in ${visible(space)}`}>
      <span className="font-medium">{name === '' ? '(default)' : visible(name)}</span>
      {several && <span className="text-12 text-faint"> {visible(space)}</span>}
    </span>
  ),
})

const otherColumns: readonly Column<ExchangeRow>[] = [
  { id: 'type', head: 'Type', width: '80px', cell: ({ type }) => <span className="text-muted">{visible(type)}</span> },
  {
    id: 'routes',
    head: 'Ways',
    label: 'Ways that lead away from it',
    width: '56px',
    align: 'end',
    cell: ({ routes }) => <Figure text={String(routes)} quiet={routes === 0} />,
  },
  {
    id: 'in',
    head: 'In/s',
    width: '52px',
    align: 'end',
    cell: ({ inPerSecond }) => <Figure text={rate(inPerSecond)} />,
  },
  {
    id: 'out',
    head: 'Out/s',
    width: '64px',
    align: 'end',
    cell: ({ outPerSecond }) => <Figure text={rate(outPerSecond)} />,
  },
]
