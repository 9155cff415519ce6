import { parseQueueKey, type QueueInfo, type QueueKey } from '@shared/model/queue'
import { hrefOf } from '../../stores/route'

interface DeadLetterLinksProps {
  readonly environmentId: string
  readonly info: QueueInfo
}

/** Where its dead letters go, and whose it holds: one click either way. */
export function DeadLetterLinks({ environmentId, info }: DeadLetterLinksProps) {
  const link = (key: string) => (
    <a
      key={key}
      className="clip text-accent underline"
      href={hrefOf({ at: 'queue', environmentId, queue: key, state: 'ready', message: null })}
    >
      {parseQueueKey(key)?.name ?? key}
    </a>
  )
  const { deadLetterQueue, deadLetterSources = [] } = info
  return (
    <>
      {deadLetterQueue && <span className="flex min-w-0 gap-1">dead letters go to {link(deadLetterQueue)}</span>}
      {deadLetterSources.length > 0 && (
        <span className="flex min-w-0 gap-1">
          dead letters of {deadLetterSources.slice(0, 3).map(link)}
          {deadLetterSources.length > 3 && ` and ${deadLetterSources.length - 3} more`}
        </span>
      )}
    </>
  )
}

interface RoutesLinkProps {
  readonly environmentId: string
  readonly queue: QueueKey
}

/** To its place among the exchanges that fill it and the consumers that empty it. */
export function RoutesLink({ environmentId, queue }: RoutesLinkProps) {
  const address = parseQueueKey(queue)
  if (!address) return null
  const node = { kind: 'queue', space: address.prefix, name: address.name } as const
  return (
    <a className="shrink-0 text-accent underline" href={hrefOf({ at: 'routing', environmentId, node })}>
      Routes
    </a>
  )
}
