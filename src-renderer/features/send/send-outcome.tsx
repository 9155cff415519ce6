import { Dot } from '../../design/dot'
import { EmptyState } from '../../design/empty-state'
import { count, plural } from '../../design/number-format'
import { Time } from '../../design/time'
import { toneFill, toneText } from '../../design/tone'
import { hrefOf } from '../../stores/route'
import { stateLook } from '../state-mark'
import { type BatchCount, batchCounts, type SentBatch } from './send-batch'

interface SendOutcomeProps {
  readonly environmentId: string
  readonly batches: readonly SentBatch[]
}

/** Where the messages stand by now, looked at once a second. */
export function SendOutcome({ environmentId, batches }: SendOutcomeProps) {
  if (batches.length === 0) {
    return (
      <EmptyState title="Nothing sent yet">What becomes of each message is followed here for two minutes.</EmptyState>
    )
  }
  return (
    <section
      aria-label="Outcome"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      className="min-h-0 overflow-y-auto"
    >
      {batches.map((batch) => (
        <Batch key={batch.number} environmentId={environmentId} batch={batch} />
      ))}
    </section>
  )
}

function Batch({ environmentId, batch }: { readonly environmentId: string; readonly batch: SentBatch }) {
  const counts = batchCounts(batch)
  return (
    <article className="border-line border-b px-4 py-2.5">
      <h2 className="flex items-baseline justify-between gap-2">
        <span className="clip font-medium" title={batch.queueName}>
          {plural(batch.ids.length, 'message')} to {batch.queueName}
        </span>
        <span className="shrink-0 text-12 text-muted">
          <Time at={batch.sentAt} />
        </span>
      </h2>
      <div aria-hidden className="my-1.5 flex h-1 gap-px overflow-hidden rounded bg-sunken">
        {counts.map(({ state, count: size }) => (
          <div
            key={state}
            className={state === 'gone' ? 'bg-line-strong' : toneFill[stateLook[state].tone]}
            style={{ width: `${(size / batch.ids.length) * 100}%` }}
          />
        ))}
      </div>
      <ul aria-live="polite" className="tabular flex flex-wrap gap-x-3 text-12">
        {counts.length === 0 && <li className="text-faint">sent, not looked at yet</li>}
        {counts.map((one) => (
          <li key={one.state}>
            <CountWords one={one} />
          </li>
        ))}
      </ul>
      <ul className="mt-1 font-mono text-12">
        {batch.ids.slice(0, 3).map((id, index) => (
          <li key={id} className="clip">
            {batch.states[index] === null ? (
              <span className="text-muted">{id}</span>
            ) : (
              <a
                className="text-accent hover:underline"
                href={hrefOf({
                  at: 'queue',
                  environmentId,
                  queue: batch.queue,
                  state: batch.states[index] ?? 'ready',
                  message: id,
                })}
              >
                {id}
              </a>
            )}
          </li>
        ))}
        {batch.ids.length > 3 && <li className="font-sans text-faint">and {count(batch.ids.length - 3)} more</li>}
      </ul>
    </article>
  )
}

function CountWords({ one }: { readonly one: BatchCount }) {
  if (one.state === 'gone') {
    return (
      <span className="text-muted" title="This queue keeps nothing of what is done.">
        {count(one.count)} gone: done, or removed
      </span>
    )
  }
  const { word, tone, shape } = stateLook[one.state]
  return (
    <span className={`inline-flex items-center gap-1 ${toneText[tone]}`}>
      <Dot shape={shape} tone={tone} className="size-2" />
      {count(one.count)} {word.toLowerCase()}
    </span>
  )
}
