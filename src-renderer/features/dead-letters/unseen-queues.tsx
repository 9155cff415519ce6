import { visible } from '@shared/payload/visible'
import { EmptyState } from '../../design/empty-state'
import { count } from '../../design/number-format'
import { hrefOf } from '../../stores/route'
import type { UnseenQueue } from './use-unseen'

interface UnseenQueuesProps {
  readonly environmentId: string
  readonly queues: readonly UnseenQueue[]
}

/** In place of causes while nobody has looked: where the dead letters are, and one click to each. */
export function UnseenQueues({ environmentId, queues }: UnseenQueuesProps) {
  return (
    <EmptyState title="Dead letters that nobody has looked at">
      Here a message is seen only by receiving it, which counts against its limit, so nothing is looked at by itself.
      Open a queue and look at its messages: they are sorted by cause then.
      <ul aria-label="Queues with dead letters" className="mt-4 w-[520px] max-w-full border-line border-t text-ink">
        {queues.map(({ key, name, dead }) => (
          <li key={key} className="flex h-8 items-center gap-3 border-line border-b">
            <a
              className="clip flex-1 text-accent underline"
              title={visible(name)}
              href={hrefOf({ at: 'queue', environmentId, queue: key, state: 'dead', message: null })}
            >
              {visible(name)}
            </a>
            <span className="tabular">≈{count(dead)}</span>
          </li>
        ))}
      </ul>
    </EmptyState>
  )
}
