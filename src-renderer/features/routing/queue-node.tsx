import { parseQueueKey } from '@shared/model/queue'
import type { RoutingGraph } from '@shared/model/routing'
import { figureOf } from '@shared/model/sample'
import type { Worker } from '@shared/model/worker'
import { visible } from '@shared/payload/visible'
import { count } from '../../design/number-format'
import { useFeed } from '../../stores/console'
import { hrefOf, type RouteNode } from '../../stores/route'
import { useWorkers } from '../use-workers'
import { isListening } from '../worker-columns'
import { waysOf } from './graph'
import { type Column, edgeRows, Neighbourhood } from './neighbourhood'
import { NodeLink, nameOf, queueOf } from './node-link'

interface QueueNodeProps {
  readonly environmentId: string
  readonly graph: RoutingGraph
  readonly node: RouteNode
}

/** A queue between the exchanges that fill it and the consumers that empty it. */
export function QueueNode({ environmentId, graph, node }: QueueNodeProps) {
  const key = queueOf(node)
  const product = useFeed(environmentId, (feed) => feed.queues.get(key)?.product)
  const sample = useFeed(environmentId, (feed) => feed.samples.get(key))
  const { value } = useWorkers(environmentId)
  const report = value?.reports.find(({ layout }) => layout === 'rabbitmq')
  const address = parseQueueKey(key)
  const workers = (report?.workers ?? []).filter((worker) => address && isListening(worker, address))
  const { from, to } = waysOf(graph, node)
  const byName: RouteNode = { kind: 'exchange', space: node.space, name: '' }
  const named: Column['rows'][number] = {
    key: 'default',
    view: (
      <>
        <span className="clip font-mono text-12">{visible(node.name)}</span>
        <NodeLink environmentId={environmentId} node={byName} />
      </>
    ),
  }
  const place = { at: 'queue', environmentId, queue: key, message: null } as const
  return (
    <Neighbourhood
      from={{ title: 'Comes from', rows: [...edgeRows(environmentId, from), named], empty: '' }}
      to={{
        title: 'Leads to',
        rows: [
          ...workers.map((worker) => ({
            key: worker.id,
            view: <Consumer worker={worker} href={hrefOf({ ...place, state: 'workers' })} />,
          })),
          ...edgeRows(environmentId, to),
        ],
        empty: nobody(report?.incomplete),
      }}
    >
      <h3 className="break-words font-semibold">{nameOf(node)}</h3>
      <p className="text-12 text-muted">
        {product ?? 'Queue'}, vhost {visible(node.space)}
      </p>
      <p className="tabular text-12 text-muted">
        {count(figureOf(sample, 'ready'))} ready, {count(figureOf(sample, 'leased'))} unacked
        {figureOf(sample, 'dead') !== 0 && `, ${count(figureOf(sample, 'dead'))} dead`}
      </p>
      <a className="text-accent underline" href={hrefOf({ ...place, state: 'ready' })}>
        Open the queue
      </a>
    </Neighbourhood>
  )
}

/** "No consumer" is said only where all of them can be seen. */
const nobody = (incomplete: string | null | undefined): string =>
  incomplete === undefined ? 'Looking for its consumers…' : (incomplete ?? 'No consumer takes from it.')

function Consumer({ worker, href }: { readonly worker: Worker; readonly href: string }) {
  const { id, host, holdsCount, concurrency, note } = worker
  return (
    <>
      <span className="clip text-12 text-muted" title={note === null ? undefined : visible(note)}>
        consumer · holds {count(holdsCount)}
        {concurrency !== null && ` of ${count(concurrency)}`}
      </span>
      <a className="clip text-accent underline" title={visible(id)} href={href}>
        {visible(host ?? id)}
      </a>
    </>
  )
}
