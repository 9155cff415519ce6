import type { RoutingGraph } from '@shared/model/routing'
import { visible } from '@shared/payload/visible'
import { RotateCw } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
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
import { ScreenHead } from '../screen-head'
import { TroubleView } from '../trouble-view'
import { useAnswer } from '../use-answer'
import { useEvery } from '../use-every'
import { type ExchangeRow, exchangeRows } from './exchange-rows'
import { Routes } from './routes-of-exchange'

const everyMs = 10_000

/** Exchanges at the left; where the chosen one's messages go, and how they come to it, at the right. */
export function RoutingScreen({ environmentId }: { readonly environmentId: string }) {
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
  const [chosenKey, setChosenKey] = useState<string | null>(null)
  const graph: RoutingGraph | null = value?.graph ?? null
  const rows = useMemo(() => exchangeRows(graph), [graph])
  const chosen = rows.find(({ key }) => key === chosenKey) ?? rows.find(({ routes }) => routes > 0) ?? rows[0]
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
        <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
          <div className="flex min-h-0 flex-col border-line border-r">
            <DataTable<ExchangeRow>
              label="Exchanges"
              columns={columns}
              rows={rows}
              keyOf={keyOf}
              openKey={chosen?.key ?? null}
              openFollows
              onOpen={({ key }) => setChosenKey(key)}
              empty={<EmptyState title="No exchange">This user sees none.</EmptyState>}
            />
          </div>
          {chosen && <Routes environmentId={environmentId} graph={graph} exchange={chosen} onChoose={setChosenKey} />}
        </div>
      )}
    </>
  )
}

const keyOf = (row: ExchangeRow) => row.key

const columns: readonly Column<ExchangeRow>[] = [
  {
    id: 'name',
    head: <span className="pl-2">Exchange</span>,
    width: 'minmax(140px, 2fr)',
    cell: ({ name }) => (
      <span className="pl-2 font-medium" title={visible(name)}>
        {name === '' ? '(default)' : visible(name)}
      </span>
    ),
  },
  {
    id: 'space',
    head: 'Vhost',
    label: 'Virtual host',
    width: 'minmax(56px, 88px)',
    cell: ({ space }) => <span className="text-muted">{visible(space)}</span>,
  },
  { id: 'type', head: 'Type', width: '72px', cell: ({ type }) => <span className="text-muted">{visible(type)}</span> },
  {
    id: 'routes',
    head: 'Bindings',
    width: '80px',
    align: 'end',
    cell: ({ routes }) => <Figure text={String(routes)} quiet={routes === 0} />,
  },
  {
    id: 'in',
    head: 'In/s',
    width: '64px',
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
