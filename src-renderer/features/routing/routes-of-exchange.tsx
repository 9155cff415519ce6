import { queueKey } from '@shared/model/queue'
import type { RoutingGraph } from '@shared/model/routing'
import { figureOf } from '@shared/model/sample'
import { visible } from '@shared/payload/visible'
import { ArrowRight } from 'lucide-react'
import { Badge } from '../../design/badge'
import { count, plural } from '../../design/number-format'
import { useFeed } from '../../stores/console'
import { hrefOf } from '../../stores/route'
import { type Binding, type ExchangeRow, keyOfExchange, routesOf } from './exchange-rows'

interface RoutesProps {
  readonly environmentId: string
  readonly graph: RoutingGraph
  readonly exchange: ExchangeRow
  readonly onChoose: (key: string) => void
}

/** Shown at most; a fan-out to more is read in the management tool. */
const shownAtMost = 500

/** Each binding as a line: its key, an arrow, and the queue or exchange that it leads to. */
export function Routes({ environmentId, graph, exchange, onChoose }: RoutesProps) {
  const { from, to } = routesOf(graph, exchange)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section aria-label="Routes" tabIndex={0} className="min-h-0 overflow-y-auto px-4 py-3">
      <h2 className="font-semibold text-15">
        {exchange.name === '' ? 'The default exchange' : visible(exchange.name)}
      </h2>
      <p className="mb-3 text-muted">
        {exchange.type} · {exchange.facts.map(visible).join(' · ') || 'no more to say'}
      </p>
      {exchange.name === '' ? (
        <p className="max-w-[64ch] text-muted">
          Every queue is bound to it by its own name: a message published here with a queue’s name as its routing key
          goes to that queue.
        </p>
      ) : (
        <>
          <h3 className="mb-1 font-semibold">{plural(from.length, 'binding')} from here</h3>
          <Lines {...{ environmentId, onChoose }} bindings={from} />
          {to.length > 0 && <h3 className="mt-4 mb-1 font-semibold">{plural(to.length, 'binding')} to here</h3>}
          <ul>
            {to.slice(0, shownAtMost).map((binding, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two bindings may be alike in all but place
              <li key={index} className="flex h-7 items-center gap-2 border-line border-b">
                <ExchangeLink space={binding.space} name={binding.source} onChoose={onChoose} />
                <ArrowRight size={13} aria-label="by" className="text-faint" />
                <Key binding={binding} />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

interface LinesProps extends Pick<RoutesProps, 'environmentId' | 'onChoose'> {
  readonly bindings: readonly Binding[]
}

function Lines({ environmentId, bindings, onChoose }: LinesProps) {
  if (bindings.length === 0) return <p className="text-muted">What is published here goes nowhere and is dropped.</p>
  return (
    <ul>
      {bindings.slice(0, shownAtMost).map((binding, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two bindings may be alike in all but place
        <li key={index} className="flex h-7 items-center gap-2 border-line border-b">
          <Key binding={binding} />
          <ArrowRight size={13} aria-label="leads to" className="shrink-0 text-faint" />
          {binding.targetKind === 'exchange' ? (
            <ExchangeLink space={binding.space} name={binding.target} onChoose={onChoose} />
          ) : (
            <QueueLink environmentId={environmentId} space={binding.space} name={binding.target} />
          )}
          {binding.deadLetter && <Badge tone="red">dead letters</Badge>}
        </li>
      ))}
      {bindings.length > shownAtMost && (
        <li className="py-1 text-muted">and {count(bindings.length - shownAtMost)} more</li>
      )}
    </ul>
  )
}

const Key = ({ binding: { routingKey, arguments: headers } }: { readonly binding: Binding }) => (
  <span className="clip w-2/5 shrink-0 font-mono text-12" title={visible(`${routingKey} ${headers}`.trim())}>
    {routingKey === '' && headers === '' ? <span className="text-faint">any</span> : visible(routingKey)}
    {headers !== '' && <span className="text-muted"> {visible(headers)}</span>}
  </span>
)

function ExchangeLink({
  space,
  name,
  onChoose,
}: {
  readonly space: string
  readonly name: string
  readonly onChoose: (key: string) => void
}) {
  return (
    <button type="button" className="clip text-accent underline" onClick={() => onChoose(keyOfExchange(space, name))}>
      {visible(name)}
    </button>
  )
}

function QueueLink({
  environmentId,
  space,
  name,
}: {
  readonly environmentId: string
  readonly space: string
  readonly name: string
}) {
  const key = queueKey({ layout: 'rabbitmq', prefix: space, name })
  const ready = useFeed(environmentId, (feed) => figureOf(feed.samples.get(key), 'ready'))
  const dead = useFeed(environmentId, (feed) => figureOf(feed.samples.get(key), 'dead'))
  return (
    <span className="flex min-w-0 flex-1 items-center gap-2">
      <a
        className="clip text-accent underline"
        href={hrefOf({ at: 'queue', environmentId, queue: key, state: 'ready', message: null })}
      >
        {visible(name)}
      </a>
      <span className="tabular shrink-0 text-12 text-muted">{count(ready ?? dead)} waiting</span>
    </span>
  )
}
