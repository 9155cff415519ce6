import type { AuditEntry } from '@shared/model/audit'
import type { Trouble } from '@shared/model/environment'
import { RotateCw } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { useActions } from '../../actions'
import { Bar } from '../../design/bar'
import { Button } from '../../design/button'
import { DataTable } from '../../design/data-table'
import { EmptyState } from '../../design/empty-state'
import { IconButton } from '../../design/icon-button'
import { SkeletonRows } from '../../design/skeleton'
import { useConsole } from '../../stores/console'
import { troubleOf } from '../../stores/trouble'
import { ScreenHead } from '../screen-head'
import { TroubleView } from '../trouble-view'
import { activityColumns } from './activity-columns'
import { EntryDialog } from './entry-dialog'

const pageSize = 200

interface Record {
  readonly entries: readonly AuditEntry[]
  readonly intact: boolean
  readonly brokenAt: number | null
  readonly whole: boolean
}

/** Everything that was done, by whom and why, newest first; each line sealed by the one before. */
export function ActivityScreen() {
  const { record, trouble, more, reload } = useRecord()
  const { runs } = useConsole()
  const runList = useStore(runs, (state) => state.runs)
  const [open, setOpen] = useState<AuditEntry | null>(null)
  useActions([{ id: 'refresh', label: 'Read the record anew', group: 'Activity', keys: 'r', perform: reload }])
  return (
    <>
      <ScreenHead title="Activity" detail={record && integrityWords(record)}>
        <IconButton label="Read anew" keys="r" onClick={reload}>
          <RotateCw size={13} aria-hidden />
        </IconButton>
      </ScreenHead>
      {record && !record.intact && (
        <Bar tone="red">
          The chain of this record is broken at entry {record.brokenAt}: a line was changed or taken away outside the
          console.
        </Bar>
      )}
      {!record && trouble && <TroubleView trouble={trouble} action={<Button onClick={reload}>Try again</Button>} />}
      {!record && !trouble && <SkeletonRows rows={20} />}
      {record && (
        <DataTable
          label="Activity"
          columns={activityColumns(runList)}
          rows={record.entries}
          keyOf={seqOf}
          onOpen={setOpen}
          openKey={open === null ? null : seqOf(open)}
          onEndReached={more}
          empty={
            <EmptyState title="Nothing was changed yet">
              Every replay, edit, purge, send, pause and unlock is recorded here, with who and why.
            </EmptyState>
          }
        />
      )}
      <EntryDialog entry={open} onClose={() => setOpen(null)} />
    </>
  )
}

const seqOf = (entry: AuditEntry) => String(entry.seq)

function integrityWords({ entries, intact, whole }: Record): string {
  if (entries.length === 0) return ''
  if (!intact) return 'the chain is broken'
  return whole ? `${entries.length} entries, the chain is intact` : 'the chain is intact'
}

function useRecord() {
  const { client, runs } = useConsole()
  const [record, setRecord] = useState<Record | null>(null)
  const [trouble, setTrouble] = useState<Trouble | null>(null)
  const [busy, setBusy] = useState(false)
  const load = useCallback(
    async (before: number | null) => {
      setBusy(true)
      try {
        const page = await client.activity.list({ before, limit: pageSize })
        setTrouble(null)
        setRecord((last) => ({
          entries: before === null || !last ? page.entries : [...last.entries, ...page.entries],
          intact: page.intact,
          brokenAt: page.brokenAt,
          whole: page.entries.length < pageSize,
        }))
      } catch (error) {
        setTrouble(troubleOf(error))
      } finally {
        setBusy(false)
      }
    },
    [client],
  )
  // A run that begins or ends writes lines.
  const phases = useStore(runs, (state) => state.runs.map((run) => `${run.id}${run.phase}`).join())
  // biome-ignore lint/correctness/useExhaustiveDependencies: phases say when there is something new
  useEffect(() => void load(null), [load, phases])
  const last = record?.entries.at(-1)?.seq ?? null
  const whole = record?.whole ?? true
  const more = useCallback(() => {
    if (!busy && !whole && last !== null) void load(last)
  }, [busy, whole, last, load])
  return { record, trouble, more, reload: () => void load(null) }
}
