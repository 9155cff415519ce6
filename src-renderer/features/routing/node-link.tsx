import { queueKey } from '@shared/model/queue'
import { figureOf } from '@shared/model/sample'
import { visible } from '@shared/payload/visible'
import { Waypoints } from 'lucide-react'
import { count } from '../../design/number-format'
import { useFeed } from '../../stores/console'
import { hrefOf, type RouteNode } from '../../stores/route'

interface NodeLinkProps {
  readonly environmentId: string
  readonly node: RouteNode
}

/** One step further in the graph. */
export function NodeLink({ environmentId, node }: NodeLinkProps) {
  return (
    <span className="flex min-w-0 items-center gap-1.5">
      {node.kind === 'exchange' && <Waypoints size={12} aria-label="exchange" className="shrink-0 text-muted" />}
      <a
        className="clip text-accent underline"
        title={visible(node.name)}
        href={hrefOf({ at: 'routing', environmentId, node })}
      >
        {nameOf(node)}
      </a>
      {node.kind === 'queue' && <Waiting environmentId={environmentId} node={node} />}
    </span>
  )
}

export const nameOf = ({ kind, name }: RouteNode): string =>
  kind === 'exchange' && name === '' ? '(default)' : visible(name)

export const queueOf = ({ space, name }: RouteNode): string => queueKey({ layout: 'rabbitmq', prefix: space, name })

function Waiting({ environmentId, node }: NodeLinkProps) {
  const key = queueOf(node)
  // Dead letters and messages that are ready are never in one queue.
  const waiting = useFeed(environmentId, (feed) => {
    const sample = feed.samples.get(key)
    const [ready, dead] = [figureOf(sample, 'ready'), figureOf(sample, 'dead')]
    return ready === null && dead === null ? null : (ready ?? 0) + (dead ?? 0)
  })
  return <span className="tabular ml-auto shrink-0 text-12 text-muted">{count(waiting)} waiting</span>
}
