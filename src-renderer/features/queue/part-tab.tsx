import { count } from '../../design/number-format'
import type { QueuePart } from '../../stores/route'
import type { QueueParts } from './use-queue-parts'

export const partWords: Readonly<Record<QueuePart, string>> = {
  groups: 'Groups',
  schedules: 'Schedules',
  'consumer-groups': 'Consumer groups',
  workers: 'Workers',
  details: 'Details',
  tail: 'Tail',
}

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
  const figure = narrow ? null : figureOf(part, parts)
  return (
    <>
      {partWords[part]} {figure !== null && <span className="tabular">{figure}</span>}
    </>
  )
}

function figureOf(part: QueuePart, { groups, schedules }: QueueParts): string | null {
  if (part === 'schedules') return count(schedules?.list.length)
  if (part === 'groups') return groups && groups.count === null ? 'many' : count(groups?.count)
  return null
}
