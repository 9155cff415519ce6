import type { MessageDetail } from '@shared/model/message'
import { visible } from '@shared/payload/visible'
import { EmptyState } from '../../design/empty-state'

export function AttributesTab({ attributes, facts = [] }: Pick<MessageDetail, 'attributes' | 'facts'>) {
  if (attributes.length === 0 && facts.length === 0)
    return <EmptyState title="No attributes">The message carries nothing besides its payload.</EmptyState>
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label="Attributes and options"
      className="min-h-0 flex-1 overflow-auto"
    >
      {facts.length > 0 && <Pairs heading="Kept with it by the queue" pairs={facts} />}
      {attributes.length > 0 && <Pairs heading={facts.length > 0 ? 'Attributes' : null} pairs={attributes} />}
    </section>
  )
}

interface PairsProps {
  /** null where there is only one list, which the tab names. */
  readonly heading: string | null
  readonly pairs: MessageDetail['attributes']
}

function Pairs({ heading, pairs }: PairsProps) {
  return (
    <>
      {heading !== null && (
        <h3 className="border-line border-b bg-surface px-4 py-1 font-medium text-12 text-muted">{heading}</h3>
      )}
      <dl>
        {pairs.map(({ name, value }) => (
          <div
            key={name}
            className="grid grid-cols-[minmax(0,1fr)_minmax(0,2fr)] gap-3 border-line border-b px-4 py-1.5"
          >
            <dt className="break-words text-muted">{visible(name)}</dt>
            <dd className="whitespace-pre-wrap break-all font-mono text-12">{visible(value)}</dd>
          </div>
        ))}
      </dl>
    </>
  )
}
