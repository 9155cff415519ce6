import type { DetailSection } from '@shared/model/details'
import { parseQueueKey, type QueueKey } from '@shared/model/queue'
import { visible } from '@shared/payload/visible'
import { useCallback, useState } from 'react'
import { useActions } from '../../actions'
import { Button } from '../../design/button'
import { EmptyState } from '../../design/empty-state'
import { Unknown } from '../../design/figure'
import { SkeletonRows } from '../../design/skeleton'
import { useConsole } from '../../stores/console'
import { hrefOf } from '../../stores/route'
import { TroubleView } from '../trouble-view'
import { useAnswer } from '../use-answer'
import { ListBar } from './list-bar'

interface DetailsTabProps {
  readonly environmentId: string
  readonly queue: QueueKey
}

/** What the queue's own system says of it, section by section. Asked when opened and when refreshed, since some systems bill for it. */
export function DetailsTab({ environmentId, queue }: DetailsTabProps) {
  const { client } = useConsole()
  const [turn, setTurn] = useState(0)
  const ask = useCallback(
    async (signal: AbortSignal) => {
      const sections = await client.queues.details({ environmentId, queue }, { signal })
      return { sections, takenAt: Date.now(), turn }
    },
    [client, environmentId, queue, turn],
  )
  const { value, trouble } = useAnswer(ask)
  const reload = () => setTurn((count) => count + 1)
  useActions([{ id: 'refresh', label: 'Ask anew', group: 'Messages', keys: 'r', perform: reload }])
  if (!value && trouble) return <TroubleView trouble={trouble} action={<Button onClick={reload}>Try again</Button>} />
  if (!value) return <SkeletonRows rows={10} />
  if (!value.sections || value.sections.length === 0)
    return <EmptyState title="No details">This system tells nothing more of its queues.</EmptyState>
  return (
    <>
      <ListBar takenAt={value.takenAt} onRefresh={reload}>
        As its system says
      </ListBar>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section aria-label="Details" tabIndex={0} className="min-h-0 flex-1 overflow-y-auto px-4 py-3">
        <div className="grid max-w-[1400px] grid-cols-[repeat(auto-fill,minmax(360px,1fr))] items-start gap-x-8 gap-y-5">
          {value.sections.map((section) => (
            <Section key={section.title} environmentId={environmentId} section={section} />
          ))}
        </div>
      </section>
    </>
  )
}

function Section({ environmentId, section }: { readonly environmentId: string; readonly section: DetailSection }) {
  return (
    <section aria-label={section.title}>
      <h3 className="border-line border-b pb-1 font-semibold">{section.title}</h3>
      {section.note && <p className="mt-1 max-w-[64ch] text-12 text-muted">{section.note}</p>}
      <dl className="mt-1 grid grid-cols-[minmax(120px,2fr)_minmax(0,3fr)] gap-x-3">
        {section.facts.map(({ name, value, queue }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a system may say two facts of one name
          <div key={index} className="col-span-2 grid grid-cols-subgrid py-0.5">
            <dt className="break-words text-muted">{visible(name)}</dt>
            <dd className="min-w-0 select-text whitespace-pre-wrap break-words">
              {value === null ? (
                <Unknown />
              ) : queue && parseQueueKey(queue) ? (
                <a
                  className="text-accent underline"
                  href={hrefOf({ at: 'queue', environmentId, queue, state: 'ready', message: null })}
                >
                  {visible(value)}
                </a>
              ) : (
                value.split('\n').map(visible).join('\n')
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
