import type { Cause } from '@shared/model/message'
import { parseQueueKey } from '@shared/model/queue'
import { useActions } from '../../actions'
import { Button } from '../../design/button'
import { count } from '../../design/number-format'
import { everything, nothing, selectedCount, type TableSelection } from '../../design/table-selection'
import { askForEdit } from '../../stores/edit-request'
import { askForPlan } from '../../stores/plan-request'
import { go } from '../../stores/route'
import { toSelection } from '../plan-selection'
import { useAbilities } from '../use-abilities'

interface CauseBarProps {
  readonly environmentId: string
  readonly queue: string
  readonly cause: Cause
  readonly total: number
  readonly selection: TableSelection
  readonly onSelect: (selection: TableSelection) => void
  readonly onCommitted: () => void
}

/** What is selected, in words, and what can be done with it. */
export function CauseBar({ environmentId, queue, cause, total, selection, onSelect, onCommitted }: CauseBarProps) {
  const { may } = useAbilities({ environmentId, queue })
  const chosen = selectedCount(selection, total) ?? 0
  const query = toSelection(selection, { state: 'dead', cause: cause.key })
  const why = query.ok ? (chosen === 0 ? 'Nothing is selected.' : null) : query.why
  const only = selection.kind === 'some' && selection.keys.size === 1 ? [...selection.keys][0]! : null
  const ask = (kind: 'replay' | 'discard') => {
    if (!query.ok) return
    askForPlan({
      heading: `${kind === 'replay' ? 'Replay' : 'Discard'} ${count(chosen)} of ${parseQueueKey(queue)?.name ?? queue}`,
      request: { environmentId, queue, selection: query.selection, action: { kind } },
      onCommitted: () => {
        onSelect(nothing)
        onCommitted()
      },
    })
  }
  const replay = {
    id: 'cause-replay',
    label: `Replay ${count(chosen)}…`,
    group: 'Dead letters',
    keys: 'shift+r',
    when: () => why ?? may('replay'),
    perform: () => ask('replay'),
  }
  const edit = {
    id: 'cause-edit',
    label: 'Edit and replay…',
    group: 'Dead letters',
    when: () => (only === null ? 'Select one message to edit it.' : may('edit')),
    perform: () => {
      if (only === null) return
      askForEdit(only)
      go({ at: 'dead-letters', environmentId, cause: cause.key, queue, message: only })
    },
  }
  const discard = {
    id: 'cause-discard',
    label: `Discard ${count(chosen)}…`,
    group: 'Dead letters',
    when: () => why ?? may('discard'),
    perform: () => ask('discard'),
  }
  useActions([replay, edit, discard])
  return (
    <>
      <span className="tabular text-muted">{words(selection, total)}</span>
      {selection.kind === 'all' ? (
        <Button small look="quiet" onClick={() => onSelect(nothing)}>
          Select none
        </Button>
      ) : (
        <Button small look="quiet" onClick={() => onSelect(everything)}>
          Select all {count(total)}
        </Button>
      )}
      <span className="ml-auto flex items-center gap-2">
        <Button small look="primary" why={replay.when()} onClick={replay.perform}>
          {replay.label}
        </Button>
        <Button small why={edit.when()} onClick={edit.perform}>
          {edit.label}
        </Button>
        <Button small why={discard.when()} onClick={discard.perform}>
          {discard.label}
        </Button>
      </span>
    </>
  )
}

function words(selection: TableSelection, total: number): string {
  if (selection.kind === 'some') return `${count(selection.keys.size)} of ${count(total)} selected`
  const out = selection.except.size
  return `all ${count(total)} matching selected${out > 0 ? `, ${count(out)} excluded` : ''}`
}
