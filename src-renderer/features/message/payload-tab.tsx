import type { MessageDetail } from '@shared/model/message'
import { Search } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useActions } from '../../actions'
import type { CodeHandle } from '../../design/code-editor'
import { CodeView } from '../../design/code-view'
import { EmptyState } from '../../design/empty-state'
import { HexView } from '../../design/hex-view'
import { IconButton } from '../../design/icon-button'
import { bytes } from '../../design/number-format'
import { Segmented } from '../../design/segmented'
import { type Payload, payloadNotes, readPayload } from './payload-text'

type View = 'laid-out' | 'stored' | 'hex'

export function PayloadTab({ detail }: { readonly detail: MessageDetail }) {
  const { body } = detail
  const payload = useMemo(() => (body.kind === 'whole' ? readPayload(body) : null), [body])
  if (body.kind === 'missing') return <EmptyState title="The payload is not there">{body.reason}</EmptyState>
  if (body.kind === 'withheld') {
    return (
      <EmptyState title={`Too large to show: ${bytes(body.bytes)}`}>
        {body.reason}
        {detail.summary.preview !== '' && (
          <>
            {' Its beginning:\n\n'}
            <span className="font-mono text-12">{detail.summary.preview}</span>
          </>
        )}
      </EmptyState>
    )
  }
  if (!payload) return null
  if (payload.found.kind === 'empty')
    return <EmptyState title="Empty (0 B)">The message is there and carries nothing.</EmptyState>
  return <PayloadBody payload={payload} />
}

function PayloadBody({ payload }: { readonly payload: Payload }) {
  const { found, shown, laidOut } = payload
  const notes = useNotes(payload)
  const [view, setView] = useState<View>(shown === null ? 'hex' : laidOut ? 'laid-out' : 'stored')
  const editor = useRef<CodeHandle | null>(null)
  const text = 'text' in found ? found.text : null
  const views: readonly { readonly value: View; readonly label: string }[] = [
    ...(laidOut ? [{ value: 'laid-out' as const, label: 'Laid out' }] : []),
    ...(text === null ? [] : [{ value: 'stored' as const, label: 'As stored' }]),
    { value: 'hex', label: 'Hex' },
  ]
  useActions([
    {
      id: 'payload-hex',
      label: 'Show the payload as bytes',
      group: 'Message',
      keys: 'h',
      perform: () => setView(view === 'hex' ? views[0]!.value : 'hex'),
    },
    {
      id: 'payload-search',
      label: 'Search inside the payload',
      group: 'Message',
      keys: 'mod+f',
      perform: () => editor.current?.search(),
    },
  ])
  return (
    <>
      <div className="flex h-9 shrink-0 items-center gap-3 border-line border-b px-4 text-12 text-muted">
        <span>
          {kindWords(payload)} · <span className="tabular">{bytes(payload.bytes.length)}</span>
        </span>
        <span className="ml-auto flex items-center gap-2">
          {view !== 'hex' && (
            <IconButton label="Search inside" keys="mod+f" onClick={() => editor.current?.search()}>
              <Search size={13} aria-hidden />
            </IconButton>
          )}
          {views.length > 1 && (
            <Segmented label="View of the payload" value={view} options={views} onChange={setView} />
          )}
        </span>
      </div>
      {notes.map((note) => (
        <p key={note} className="border-line border-b bg-amber-wash px-4 py-1 text-12 text-amber">
          {note}
        </p>
      ))}
      {view === 'hex' || text === null ? (
        <HexView bytes={payload.bytes} label="Payload as bytes" />
      ) : (
        <CodeView
          handle={editor}
          label="Payload"
          text={view === 'laid-out' ? (shown ?? text) : text}
          language={found.kind === 'json' ? 'json' : 'text'}
        />
      )}
    </>
  )
}

function useNotes(payload: Payload): readonly string[] {
  const [notes, setNotes] = useState<readonly string[]>([])
  useEffect(() => {
    const timer = setTimeout(() => setNotes(payloadNotes(payload)), 50)
    return () => clearTimeout(timer)
  }, [payload])
  return notes
}

function kindWords({ found }: Payload): string {
  switch (found.kind) {
    case 'empty':
      return 'Empty'
    case 'json':
      return 'JSON'
    case 'text':
      return 'Text'
    case 'binary':
      return found.looksLike === null ? 'Bytes, not UTF-8' : `Bytes, looks like ${found.looksLike}`
  }
}
