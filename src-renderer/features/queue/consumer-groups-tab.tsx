import type { ConsumerGroup } from '@shared/model/consumer-group'
import type { QueueKey } from '@shared/model/queue'
import { visible } from '@shared/payload/visible'
import { useCallback, useMemo, useState } from 'react'
import { useActions } from '../../actions'
import { Button } from '../../design/button'
import { DataTable } from '../../design/data-table'
import { EmptyState } from '../../design/empty-state'
import { Figure } from '../../design/figure'
import { count, plural } from '../../design/number-format'
import { SkeletonRows } from '../../design/skeleton'
import type { Column } from '../../design/table-props'
import { duration } from '../../design/time-format'
import { useConsole } from '../../stores/console'
import { TroubleView } from '../trouble-view'
import { useAnswer } from '../use-answer'
import { useEvery } from '../use-every'
import { GroupChart } from './group-chart'
import { ListBar } from './list-bar'
import { PendingList } from './pending-list'
import type { Range } from './queue-series'

interface ConsumerGroupsTabProps {
  readonly environmentId: string
  readonly queue: QueueKey
  readonly range: Range
}

/** A group's own row, or one of its consumers beneath it. */
type Row =
  | { readonly kind: 'group'; readonly id: string; readonly group: ConsumerGroup }
  | {
      readonly kind: 'consumer'
      readonly id: string
      readonly group: ConsumerGroup
      readonly consumer: ConsumerGroup['consumers'][number]
    }

const everyMs = 3_000

/** Groups with their consumers above, the pending entries of the chosen row below. */
export function ConsumerGroupsTab({ environmentId, queue, range }: ConsumerGroupsTabProps) {
  const { client } = useConsole()
  const ask = useCallback(
    async (signal: AbortSignal) => ({
      groups: await client.queues.consumerGroups({ environmentId, queue }, { signal }),
      takenAt: Date.now(),
    }),
    [client, environmentId, queue],
  )
  const { value, trouble, reload } = useAnswer(ask)
  useEvery(everyMs, reload)
  useActions([{ id: 'refresh', label: 'Take the list anew', group: 'Messages', keys: 'r', perform: reload }])
  const rows = useMemo(() => (value?.groups ?? []).flatMap(rowsOf), [value])
  const [chosenId, setChosenId] = useState<string | null>(null)
  const chosen = rows.find(({ id }) => id === chosenId) ?? rows[0]
  if (!value && trouble) return <TroubleView trouble={trouble} action={<Button onClick={reload}>Try again</Button>} />
  if (!value) return <SkeletonRows rows={8} />
  const warnings = (value.groups ?? []).flatMap(({ name, warnings: own }) => own.map((words) => `${name}: ${words}`))
  return (
    <>
      <ListBar takenAt={value.takenAt} onRefresh={reload}>
        {plural(value.groups?.length ?? 0, 'group')} · lag is what was added and not delivered, pending what was
        delivered and not acknowledged
      </ListBar>
      {warnings.map((words) => (
        <p key={words} className="shrink-0 border-line border-b bg-amber-wash px-4 py-1 text-amber">
          {visible(words)}
        </p>
      ))}
      <div className="flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col">
          <DataTable<Row>
            label="Consumer groups"
            columns={columns}
            rows={rows}
            keyOf={keyOf}
            openKey={chosen?.id ?? null}
            openFollows
            onOpen={(row) => setChosenId(row.id)}
            empty={
              <EmptyState title="No consumer group">
                A group is made by XGROUP CREATE; until then nothing is delivered from this stream by a group.
              </EmptyState>
            }
          />
        </div>
        {chosen && <GroupChart environmentId={environmentId} queue={queue} group={chosen.group.name} range={range} />}
      </div>
      {chosen && (
        <PendingList
          key={chosen.id}
          environmentId={environmentId}
          queue={queue}
          group={chosen.group.name}
          consumer={chosen.kind === 'consumer' ? chosen.consumer.name : null}
        />
      )}
    </>
  )
}

const rowsOf = (group: ConsumerGroup): readonly Row[] => [
  { kind: 'group', id: `g ${group.name}`, group },
  ...group.consumers.map(
    (consumer): Row => ({
      kind: 'consumer',
      id: `c ${group.name} ${consumer.name}`,
      group,
      consumer,
    }),
  ),
]

const keyOf = (row: Row) => row.id

const columns: readonly Column<Row>[] = [
  {
    id: 'name',
    head: <span className="pl-2">Group and consumer</span>,
    width: 'minmax(160px, 2fr)',
    cell: (row) =>
      row.kind === 'group' ? (
        <span className="pl-2 font-medium">{visible(row.group.name)}</span>
      ) : (
        <span className="pl-6 text-muted">{visible(row.consumer.name)}</span>
      ),
  },
  {
    id: 'lag',
    head: 'Lag',
    width: '96px',
    align: 'end',
    cell: (row) =>
      row.kind === 'group' && (
        <Figure
          text={row.group.lagIsLeast ? `≥ ${count(row.group.lag)}` : count(row.group.lag)}
          quiet={row.group.lag === 0}
        />
      ),
  },
  {
    id: 'pending',
    head: 'Pending',
    width: '88px',
    align: 'end',
    cell: (row) => {
      const pending = row.kind === 'group' ? row.group.pending : row.consumer.pending
      return <Figure text={count(pending)} quiet={pending === 0} />
    },
  },
  {
    id: 'unread',
    head: 'Oldest unread',
    width: '112px',
    align: 'end',
    cell: (row) => row.kind === 'group' && <Figure text={duration(row.group.oldestUnreadMs)} />,
  },
  {
    id: 'idle',
    head: 'Asked last',
    width: '112px',
    align: 'end',
    cell: (row) => row.kind === 'consumer' && <Figure text={`${duration(row.consumer.idleMs)} ago`} />,
  },
  {
    id: 'last',
    head: 'Delivered up to',
    width: 'minmax(140px, 1fr)',
    cell: (row) =>
      row.kind === 'group' && <span className="font-mono text-12 text-muted">{row.group.lastDeliveredId}</span>,
  },
]
