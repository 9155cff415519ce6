import type { Body, MessageSummary } from '@shared/model/message'
import { parseQueueKey, type QueueKey } from '@shared/model/queue'
import { bytesOfBase64 } from '@shared/payload/base64'
import { strictUtf8 } from '@shared/payload/detect'
import { jsonProblem } from '@shared/payload/json-lexemes'
import { useMemo, useState } from 'react'
import { Button } from '../../design/button'
import { CodeView } from '../../design/code-view'
import { askForPlan } from '../../stores/plan-request'
import { replayWord } from '../layout-words'
import { base64OfText, editingOf } from './payload-text'

export interface MessageEditorProps {
  readonly environmentId: string
  readonly queue: QueueKey
  readonly summary: MessageSummary
  readonly body: Extract<Body, { kind: 'whole' }>
  readonly onClose: () => void
  readonly onCommitted: () => void
}

/** The payload, open for writing. What is not touched comes back byte for byte; the plan shows the difference before anything happens. */
export function MessageEditor(props: MessageEditorProps) {
  const { environmentId, queue, summary, body, onClose, onCommitted } = props
  const stored = useMemo(() => strictUtf8(bytesOfBase64(body.base64)) ?? '', [body])
  const editing = useMemo(() => editingOf(stored), [stored])
  const wasJson = useMemo(() => jsonProblem(stored) === null, [stored])
  const [text, setText] = useState(editing.text)
  const next = editing.toStored(text)
  const problem = useMemo(() => (wasJson ? jsonProblem(text) : null), [wasJson, text])
  const why =
    next === stored
      ? 'Nothing was changed.'
      : problem
        ? `It was JSON and is not any more: ${problem.message}, line ${lineOf(text, problem.at)}.`
        : null
  const thenReplay = summary.state === 'dead'
  const review = () =>
    askForPlan({
      heading: `Edit ${summary.id}`,
      onCommitted,
      request: {
        environmentId,
        queue,
        selection: { kind: 'ids', state: summary.state, ids: [summary.id] },
        action: { kind: 'edit', base64: base64OfText(next), expectedDigest: body.digest, thenReplay },
      },
    })
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex h-9 shrink-0 items-center gap-2 border-line border-b bg-surface px-4 text-12">
        <span className={`clip flex-1 ${problem ? 'text-red' : 'text-muted'}`}>
          {why ?? 'Changed. What was not touched is stored byte for byte as before.'}
        </span>
        <Button small onClick={onClose}>
          Cancel
        </Button>
        <Button small look="primary" why={why} onClick={review}>
          {thenReplay ? `Review and ${replayWord(parseQueueKey(queue)?.layout).toLowerCase()}…` : 'Review…'}
        </Button>
      </div>
      <CodeView
        label="Payload, editable"
        editable
        text={text}
        onChange={setText}
        language={wasJson ? 'json' : 'text'}
      />
    </div>
  )
}

const lineOf = (text: string, at: number) => text.slice(0, at).split('\n').length
