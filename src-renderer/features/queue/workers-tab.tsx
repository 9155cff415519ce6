import { parseQueueKey, type QueueKey } from '@shared/model/queue'
import { visible } from '@shared/payload/visible'
import { useMemo } from 'react'
import { useActions } from '../../actions'
import { Button } from '../../design/button'
import { DataTable } from '../../design/data-table'
import { EmptyState } from '../../design/empty-state'
import { plural } from '../../design/number-format'
import { SkeletonRows } from '../../design/skeleton'
import { TroubleView } from '../trouble-view'
import { useWorkers } from '../use-workers'
import { isListening, type WorkerRow, workerColumns, workerRow } from '../worker-columns'
import { ListBar } from './list-bar'

interface WorkersTabProps {
  readonly environmentId: string
  readonly queue: QueueKey
}

/** The workers of one queue. "No worker is listening" is said only where all of them can be seen. */
export function WorkersTab({ environmentId, queue }: WorkersTabProps) {
  const { value, trouble, reload } = useWorkers(environmentId)
  useActions([{ id: 'refresh', label: 'Ask anew', group: 'Messages', keys: 'r', perform: reload }])
  const address = useMemo(() => parseQueueKey(queue), [queue])
  const report = value?.reports.find(({ layout }) => layout === address?.layout)
  const rows = useMemo(
    () =>
      (report?.workers ?? [])
        .filter((worker) => address && isListening(worker, address))
        .map(workerRow(report?.layout ?? 'engine')),
    [report, address],
  )
  if (!value && trouble) return <TroubleView trouble={trouble} action={<Button onClick={reload}>Try again</Button>} />
  if (!value) return <SkeletonRows rows={6} />
  return (
    <>
      <ListBar takenAt={value.takenAt} onRefresh={reload}>
        {plural(rows.length, 'worker')}
        {report?.incomplete && ` · ${visible(report.incomplete)}`}
      </ListBar>
      <DataTable<WorkerRow>
        label="Workers"
        columns={columns}
        rows={rows}
        keyOf={keyOf}
        empty={
          report && report.incomplete === null ? (
            <EmptyState title="No worker is listening">
              All workers of this system can be seen from here, and none takes from this queue.
            </EmptyState>
          ) : (
            <EmptyState title="No worker shows itself">
              {report?.incomplete ? visible(report.incomplete) : 'This system does not reveal its workers.'}
            </EmptyState>
          )
        }
      />
    </>
  )
}

const columns = workerColumns({ system: false })
const keyOf = (row: WorkerRow) => row.key
