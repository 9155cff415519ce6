import type { AuditEntry } from '@shared/model/audit'
import type { Run } from '@shared/model/plan'
import { visible } from '@shared/payload/visible'
import { Button } from '../../design/button'
import type { Column } from '../../design/table-props'
import { Time } from '../../design/time'
import { askForPlan } from '../../stores/plan-request'

export const eventWords: Readonly<Record<AuditEntry['event'], string>> = {
  commit: 'Began',
  finish: 'Ended',
  send: 'Sent',
  pause: 'Paused',
  resume: 'Resumed',
  act: 'Acted',
  peek: 'Peeked',
  unlock: 'Unlocked',
  lock: 'Locked',
  'environment-saved': 'Saved',
  'environment-removed': 'Removed',
}

export const activityColumns = (runs: readonly Run[]): readonly Column<AuditEntry>[] => [
  { id: 'at', head: 'When', width: '108px', cell: (entry) => <Time at={entry.at} as="clock" /> },
  { id: 'who', head: 'Who', width: 'minmax(64px, 110px)', cell: (entry) => visible(entry.who) },
  {
    id: 'event',
    head: 'Event',
    width: '84px',
    cell: (entry) => <span className="text-muted">{eventWords[entry.event]}</span>,
  },
  { id: 'environment', head: 'Environment', width: 'minmax(80px, 120px)', cell: (entry) => visible(entry.environment) },
  {
    id: 'summary',
    head: 'What',
    width: 'minmax(200px, 2fr)',
    cell: (entry) => <span className="font-medium">{visible(entry.summary)}</span>,
  },
  {
    id: 'why',
    head: 'Why',
    width: 'minmax(80px, 1fr)',
    cell: (entry) => <span className="text-muted">{visible(String(entry.detail.reason ?? ''))}</span>,
  },
  {
    id: 'undo',
    head: null,
    label: 'Undo',
    width: '84px',
    align: 'end',
    cell: (entry) => <UndoCell run={undoableRun(entry, runs)} />,
  },
]

/** The run that this line began, if it can be undone now. Only its first line offers it. */
function undoableRun(entry: AuditEntry, runs: readonly Run[]): Run | undefined {
  if (entry.event !== 'commit' || entry.runId === null) return undefined
  return runs.find((run) => run.id === entry.runId && run.undoable && run.undoneBy === null)
}

function UndoCell({ run }: { readonly run: Run | undefined }) {
  if (!run) return null
  return (
    <Button
      small
      onClick={(event) => {
        event.stopPropagation()
        askForPlan({
          heading: `Undo: ${run.title}`,
          request: {
            environmentId: run.environmentId,
            queue: run.queue,
            selection: null,
            action: { kind: 'undo', runId: run.id },
          },
        })
      }}
    >
      Undo…
    </Button>
  )
}
