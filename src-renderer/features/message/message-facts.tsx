import type { MessageDetail } from '@shared/model/message'
import { parseQueueKey, type QueueKey, queueKey } from '@shared/model/queue'
import { visible } from '@shared/payload/visible'
import { type ReactNode, useCallback } from 'react'
import { count, share } from '../../design/number-format'
import { Progress } from '../../design/progress'
import { useConsole } from '../../stores/console'
import { hrefOf } from '../../stores/route'
import { useAnswer } from '../use-answer'
import { parentIn, progressOf } from './facts'

interface MessageFactsProps {
  readonly environmentId: string
  readonly queue: QueueKey
  readonly facts: NonNullable<MessageDetail['facts']>
}

/** What the queue knows of a message besides its payload, short; whole it stands among the attributes. */
export function MessageFacts({ environmentId, queue, facts }: MessageFactsProps) {
  if (facts.length === 0) return null
  return (
    <dl
      aria-label="What the queue knows of it"
      className="grid shrink-0 grid-cols-[72px_minmax(0,1fr)] gap-x-3 gap-y-0.5 border-line border-b px-4 py-1.5 text-12"
    >
      {facts.map(({ name, value }) => (
        <div key={name} className="col-span-2 grid grid-cols-subgrid items-center">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0">
            {name === 'Progress' ? (
              <ProgressFact json={value} />
            ) : name === 'Parent' ? (
              <ParentFact environmentId={environmentId} queue={queue} value={value} />
            ) : (
              <Plain mono={codes.has(name)}>{visible(value)}</Plain>
            )}
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** Facts that a machine wrote. */
const codes: ReadonlySet<string> = new Set(['Own id', 'Result'])

function Plain({ children, mono }: { readonly children: ReactNode; readonly mono?: boolean }) {
  return (
    <p className={`clip ${mono ? 'font-mono' : ''}`} title={typeof children === 'string' ? children : undefined}>
      {children}
    </p>
  )
}

function ProgressFact({ json }: { readonly json: string }) {
  const progress = progressOf(json)
  if (!progress) return <Plain mono>{visible(json)}</Plain>
  return (
    <p className="flex items-center gap-2">
      <Progress label="Progress" share={progress.share} />
      <span className="tabular">
        {progress.total === null ? share(progress.share) : `${count(progress.done)} of ${count(progress.total)}`}
      </span>
    </p>
  )
}

interface ParentFactProps extends Omit<MessageFactsProps, 'facts'> {
  readonly value: string
}

/** A link once it is known where the parent stands; one that is done and not kept cannot be opened. */
function ParentFact({ environmentId, queue, value }: ParentFactProps) {
  const { client } = useConsole()
  const parent = parentIn(value)
  const here = parseQueueKey(queue)
  const parentQueue = parent && here ? queueKey({ ...here, name: parent.queue }) : null
  const id = parent?.id ?? null
  const ask = useCallback(
    async (signal: AbortSignal) => {
      if (parentQueue === null || id === null) return null
      const [state = null] = await client.messages.states({ environmentId, queue: parentQueue, ids: [id] }, { signal })
      return state
    },
    [client, environmentId, parentQueue, id],
  )
  const { value: state } = useAnswer(ask)
  if (parentQueue === null || parent === null || !state) return <Plain>{visible(value)}</Plain>
  return (
    <p className="clip" title={visible(value)}>
      <a
        className="font-mono text-accent hover:underline"
        href={hrefOf({ at: 'queue', environmentId, queue: parentQueue, state, message: parent.id })}
      >
        {visible(parent.id)}
      </a>{' '}
      in {visible(parent.queue)}
    </p>
  )
}
