import type { MessageDetail } from '@shared/model/message'
import { parseQueueKey, type QueueKey } from '@shared/model/queue'
import { visible } from '@shared/payload/visible'
import { X } from 'lucide-react'
import { useState } from 'react'
import { useActions } from '../../actions'
import { Bar } from '../../design/bar'
import { Button } from '../../design/button'
import { EmptyState } from '../../design/empty-state'
import { IconButton } from '../../design/icon-button'
import { plural } from '../../design/number-format'
import { SkeletonRows } from '../../design/skeleton'
import { Tabs } from '../../design/tabs'
import { Time } from '../../design/time'
import { takeEditRequest } from '../../stores/edit-request'
import { stateWord } from '../layout-words'
import { StateMark } from '../state-mark'
import { TroubleView } from '../trouble-view'
import { AttributesTab } from './attributes-tab'
import { ErrorTab } from './error-tab'
import { useMessageActions } from './message-actions'
import { MessageEditor } from './message-editor'
import { MessageFacts } from './message-facts'
import { PayloadTab } from './payload-tab'
import { TimelineTab } from './timeline-tab'
import { useInspected } from './use-inspected'

const tabs = ['payload', 'error', 'timeline', 'attributes', 'log'] as const
type TabName = (typeof tabs)[number]

const tabWords: Readonly<Record<TabName, string>> = {
  payload: 'Payload',
  error: 'Error',
  timeline: 'Timeline',
  attributes: 'Attributes',
  log: 'Log',
}

export interface MessageInspectorProps {
  readonly environmentId: string
  readonly queue: QueueKey
  readonly id: string
  readonly onClose: () => void
}

/** One message, whole: what it carries, why it failed, what happened to it when. */
export function MessageInspector({ environmentId, queue, id, onClose }: MessageInspectorProps) {
  const { value, trouble, reload } = useInspected({ environmentId, queue, id })
  return (
    <section aria-label={`Message ${id}`} className="flex min-h-0 min-w-0 flex-1 flex-col">
      {value && trouble && <Bar tone="amber">{trouble.message}</Bar>}
      {value ? (
        <Inspected
          key={id}
          environmentId={environmentId}
          queue={queue}
          detail={value}
          onClose={onClose}
          reload={reload}
        />
      ) : (
        <>
          <Head id={id} onClose={onClose} />
          {trouble ? (
            <TroubleView trouble={trouble} action={<Button onClick={reload}>Try again</Button>} />
          ) : (
            <SkeletonRows rows={8} />
          )}
        </>
      )}
    </section>
  )
}

interface InspectedProps extends Omit<MessageInspectorProps, 'id'> {
  readonly detail: MessageDetail
  readonly reload: () => void
}

function Inspected({ environmentId, queue, detail, onClose, reload }: InspectedProps) {
  const { summary } = detail
  const [tab, setTab] = useState<TabName>(detail.error && summary.state !== 'done' ? 'error' : 'payload')
  // A message without a name goes by its own id, which stands among the facts.
  const isOwnId = detail.facts?.some(({ name, value }) => name === 'Own id' && value === summary.name) ?? false
  const [editing, setEditing] = useState(() => takeEditRequest(summary.id))
  const actions = useMessageActions({ environmentId, queue, detail, onEdit: () => setEditing(true) })
  useActions([
    ...tabs.map((name, index) => ({
      id: `inspector-${name}`,
      label: `Show the message's ${tabWords[name].toLowerCase()}`,
      group: 'Message',
      keys: String(index + 1),
      perform: () => setTab(name),
    })),
  ])
  return (
    <>
      <Head id={summary.id} onClose={onClose}>
        <div className="flex flex-wrap items-center gap-x-3 gap-y-0.5 text-12 text-muted">
          <StateMark state={summary.state} word={stateWord(parseQueueKey(queue)?.layout, summary.state)} />
          {summary.name !== null && !isOwnId && <span className="clip max-w-40">{visible(summary.name)}</span>}
          {summary.attempts !== null && (
            <span className="tabular">
              attempts {summary.attempts}
              {summary.maxAttempts !== null && ` of ${summary.maxAttempts}`}
            </span>
          )}
          {summary.enqueuedAt !== null && (
            <span>
              enqueued <Time at={summary.enqueuedAt} />
            </span>
          )}
        </div>
      </Head>
      <MessageFacts environmentId={environmentId} queue={queue} facts={detail.facts ?? []} />
      <div className="flex h-10 shrink-0 items-center gap-2 border-line border-b px-4">
        {actions.map((action) => (
          <Button key={action.id} small why={action.when?.()} onClick={action.perform}>
            {action.label}
          </Button>
        ))}
      </div>
      {editing && detail.body.kind === 'whole' ? (
        <MessageEditor
          environmentId={environmentId}
          queue={queue}
          summary={summary}
          body={detail.body}
          onClose={() => setEditing(false)}
          onCommitted={() => {
            setEditing(false)
            reload()
          }}
        />
      ) : (
        <Tabs
          label="Parts of the message"
          value={tab}
          onChange={setTab}
          tabs={tabs.map((name, index) => ({ value: name, label: tabWords[name], hint: String(index + 1) }))}
        >
          <TabBody tab={tab} detail={detail} />
        </Tabs>
      )}
    </>
  )
}

function TabBody({ tab, detail }: { readonly tab: TabName; readonly detail: MessageDetail }) {
  switch (tab) {
    case 'payload':
      return <PayloadTab detail={detail} />
    case 'error':
      return <ErrorTab error={detail.error} />
    case 'timeline':
      return <TimelineTab detail={detail} />
    case 'attributes':
      return <AttributesTab attributes={detail.attributes} facts={detail.facts} />
    case 'log':
      return detail.logs.length === 0 ? (
        <EmptyState title="No log lines">
          What a worker logs with the message stands here, where the layout keeps it.
        </EmptyState>
      ) : (
        <section
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
          tabIndex={0}
          aria-label={plural(detail.logs.length, 'log line')}
          className="min-h-0 flex-1 overflow-auto px-4 py-2"
        >
          <ol className="font-mono text-12 leading-[18px]">
            {detail.logs.map((line, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a log has no other identity than its order
              <li key={index} className="flex gap-3">
                <span className="tabular w-8 shrink-0 select-none text-right text-faint">{index + 1}</span>
                <span className="whitespace-pre-wrap break-all">{visible(line)}</span>
              </li>
            ))}
          </ol>
        </section>
      )
  }
}

interface HeadProps {
  readonly id: string
  readonly onClose: () => void
  readonly children?: React.ReactNode
}

function Head({ id, onClose, children }: HeadProps) {
  return (
    <header className="flex shrink-0 items-start gap-2 border-line border-b py-2 pr-2 pl-4">
      <div className="min-w-0 flex-1">
        <h2 className="clip font-mono font-semibold text-13" title={visible(id)}>
          {visible(id)}
        </h2>
        {children}
      </div>
      <IconButton label="Close the message" keys="escape" onClick={onClose}>
        <X size={14} aria-hidden />
      </IconButton>
    </header>
  )
}
