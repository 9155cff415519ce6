import { layoutFacts } from '@shared/model/known-layouts'
import type { Layout } from '@shared/model/queue'
import type { WorkerReport } from '@shared/model/worker'
import { visible } from '@shared/payload/visible'
import { RotateCw } from 'lucide-react'
import { useMemo } from 'react'
import { useActions } from '../../actions'
import { Button } from '../../design/button'
import { DataTable } from '../../design/data-table'
import { EmptyState } from '../../design/empty-state'
import { IconButton } from '../../design/icon-button'
import { plural } from '../../design/number-format'
import { SkeletonRows } from '../../design/skeleton'
import { Time } from '../../design/time'
import { ScreenHead } from '../screen-head'
import { TroubleView } from '../trouble-view'
import { useWorkers } from '../use-workers'
import { type WorkerRow, workerColumns, workerRow } from '../worker-columns'

/** Who takes messages here, over all systems of the environment, and what none of them can say. */
export function WorkersScreen({ environmentId }: { readonly environmentId: string }) {
  const { value, trouble, reload } = useWorkers(environmentId)
  useActions([{ id: 'refresh', label: 'Ask anew', group: 'Workers', keys: 'r', perform: reload }])
  const rows = useMemo(
    () => (value?.reports ?? []).flatMap(({ layout, workers }) => workers.map(workerRow(layout))).sort(byPlace),
    [value],
  )
  return (
    <>
      <ScreenHead title="Workers" detail={value ? plural(rows.length, 'worker') : 'who takes messages here'}>
        {value && (
          <span className="flex items-center gap-1 text-12 text-muted">
            as of <Time at={value.takenAt} />
            <IconButton label="Ask anew" keys="r" onClick={reload}>
              <RotateCw size={13} aria-hidden />
            </IconButton>
          </span>
        )}
      </ScreenHead>
      {[...gapsOf(value?.reports ?? [])].map(([words, layouts]) => (
        <p key={words} className="shrink-0 border-line border-b px-4 py-1 text-12 text-muted">
          {layouts.map((layout) => layoutFacts[layout].product).join(', ')}: {visible(words)}
        </p>
      ))}
      {value ? (
        <DataTable<WorkerRow> label="Workers" columns={columns} rows={rows} keyOf={keyOf} empty={<Nobody />} />
      ) : trouble ? (
        <TroubleView trouble={trouble} action={<Button onClick={reload}>Try again</Button>} />
      ) : (
        <SkeletonRows rows={10} />
      )}
    </>
  )
}

/** What cannot be seen, once for all systems of which the same is true. */
function gapsOf(reports: readonly WorkerReport[]): ReadonlyMap<string, readonly Layout[]> {
  const gaps = new Map<string, Layout[]>()
  for (const { layout, incomplete } of reports)
    if (incomplete !== null) gaps.set(incomplete, [...(gaps.get(incomplete) ?? []), layout])
  return gaps
}

const columns = workerColumns({ system: true })
const keyOf = (row: WorkerRow) => row.key
const byPlace = (a: WorkerRow, b: WorkerRow) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

const Nobody = () => (
  <EmptyState title="No worker shows itself">
    Workers stand here with what they hold and when they were heard of last. A system that does not reveal its workers
    says so above.
  </EmptyState>
)
