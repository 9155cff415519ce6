import { count } from '../../design/number-format'
import type { QueuePart } from '../../stores/route'
import type { QueueParts } from './use-queue-parts'

const partWords: Readonly<Record<QueuePart, string>> = { groups: 'Groups', schedules: 'Schedules' }

/** Beside an open message there is room for its word only. */
export function PartTab({
  part,
  parts,
  narrow,
}: {
  readonly part: QueuePart
  readonly parts: QueueParts
  readonly narrow: boolean
}) {
  return (
    <>
      {partWords[part]} {!narrow && <span className="tabular">{figure(part, parts)}</span>}
    </>
  )
}

function figure(part: QueuePart, { groups, schedules }: QueueParts): string {
  if (part === 'schedules') return count(schedules?.list.length)
  return groups && groups.count === null ? 'many' : count(groups?.count)
}
