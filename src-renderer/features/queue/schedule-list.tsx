import type { QueueSchedule } from '@shared/model/schedule'
import { visible } from '@shared/payload/visible'
import { useMemo } from 'react'
import { useActions } from '../../actions'
import { Button } from '../../design/button'
import { DataTable } from '../../design/data-table'
import { EmptyState } from '../../design/empty-state'
import { useNow } from '../../design/now'
import { plural, unknown } from '../../design/number-format'
import { SkeletonRows } from '../../design/skeleton'
import type { Column } from '../../design/table-props'
import { Time } from '../../design/time'
import { clock, duration, iso } from '../../design/time-format'
import { TroubleView } from '../trouble-view'
import { ListBar } from './list-bar'
import { missedWords, optionWords, overdueMs, whenWords } from './schedule-words'
import type { QueueParts } from './use-queue-parts'

/** What the queue enqueues by itself. Rows stand by their keys, so that a tick moves none. */
export function ScheduleList({ parts }: { readonly parts: QueueParts }) {
  const { schedules, isKnown, trouble, reload } = parts
  useActions([{ id: 'refresh', label: 'Take the list anew', group: 'Messages', keys: 'r', perform: reload }])
  const list = schedules?.list
  const rows = useMemo(() => [...(list ?? [])].sort((a, b) => (a.key < b.key ? -1 : 1)), [list])
  if (!schedules) {
    if (trouble) return <TroubleView trouble={trouble} action={<Button onClick={reload}>Try again</Button>} />
    return isKnown ? noSchedules : <SkeletonRows rows={6} />
  }
  return (
    <>
      <ListBar takenAt={schedules.takenAt} onRefresh={reload}>
        {plural(rows.length, 'schedule')} · each tick enqueues once, however many processes run the scheduler
      </ListBar>
      <DataTable<QueueSchedule> label="Schedules" columns={columns} rows={rows} keyOf={keyOf} empty={noSchedules} />
    </>
  )
}

const noSchedules = <EmptyState title="No schedules">What a queue enqueues by itself stands here.</EmptyState>

const keyOf = (row: QueueSchedule) => row.key

const columns: readonly Column<QueueSchedule>[] = [
  {
    id: 'key',
    head: <span className="pl-2">Schedule</span>,
    width: 'minmax(120px, 0.9fr)',
    cell: ({ key }) => (
      <span className="pl-2 font-medium" title={visible(key)}>
        {visible(key)}
      </span>
    ),
  },
  { id: 'when', head: 'When', width: 'minmax(176px, 1.6fr)', cell: (row) => <When row={row} /> },
  {
    id: 'zone',
    head: 'Time zone',
    width: 'minmax(116px, 0.8fr)',
    cell: ({ timeZone }) => <span className="text-muted">{timeZone ?? unknown}</span>,
  },
  {
    id: 'next',
    head: 'Next run',
    width: '188px',
    align: 'end',
    cell: ({ nextAt }) => <NextRun at={nextAt} />,
  },
  {
    id: 'missed',
    head: 'Missed runs',
    width: '96px',
    cell: ({ catchUp }) => <span className="text-muted">{catchUp === null ? unknown : missedWords[catchUp]}</span>,
  },
  { id: 'enqueues', head: 'Enqueues', width: 'minmax(144px, 1.6fr)', cell: (row) => <Enqueues row={row} /> },
]

function When({ row }: { readonly row: QueueSchedule }) {
  const words = whenWords(row)
  if (row.cron === null && words === null)
    return <span className="text-amber">written by another version, cannot be read</span>
  const ends = row.endsAt === null ? '' : `, until ${iso(row.endsAt)}`
  return (
    <span title={`${row.cron ?? words}${ends}`}>
      {words}
      {row.cron !== null && (
        <span className={`font-mono text-12 ${words === null ? '' : 'ml-2 text-faint'}`}>{visible(row.cron)}</span>
      )}
    </span>
  )
}

function NextRun({ at }: { readonly at: number }) {
  const now = useNow()
  const late = now - at
  return (
    <span className="tabular">
      {late > overdueMs ? (
        <span className="text-amber" title="No process runs this queue's scheduler, or it cannot enqueue.">
          overdue {duration(late)}
        </span>
      ) : late >= 0 ? (
        'due now'
      ) : (
        <Time at={at} />
      )}
      <span className="text-faint"> · {clock(at, now)}</span>
    </span>
  )
}

function Enqueues({ row }: { readonly row: QueueSchedule }) {
  const words = optionWords(row.options)
  return (
    <span title={visible(row.preview)}>
      {words !== '' && <span className="mr-2 text-muted">{visible(words)}</span>}
      <span className="font-mono text-12 text-muted">{visible(row.preview)}</span>
    </span>
  )
}
