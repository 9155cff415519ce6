import type { CauseReport } from '@shared/model/message'
import { parseQueueKey } from '@shared/model/queue'
import { visible } from '@shared/payload/visible'
import { Bar } from '../../design/bar'
import { plural } from '../../design/number-format'

/** Beyond these the causes would leave the screen. */
const namedAtMost = 3

/** Queues whose dead letters could not be read, each with what, why and what next. */
export function LeftOut({ queues }: { readonly queues: CauseReport['unread'] }) {
  const others = queues.slice(namedAtMost).map(({ key }) => nameOf(key))
  return (
    <>
      {queues.slice(0, namedAtMost).map(({ key, words }) => (
        <Bar key={key} tone="red">
          {nameOf(key)} was left out: {words}
        </Bar>
      ))}
      {others.length > 0 && (
        <Bar tone="red">
          {plural(others.length, 'more queue')} could not be read: {others.join(', ')}
        </Bar>
      )}
    </>
  )
}

const nameOf = (key: string): string => visible(parseQueueKey(key)?.name ?? key)
