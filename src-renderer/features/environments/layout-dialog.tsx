import { LayoutDeclaration } from '@shared/model/declaration'
import type { DeclarationPreview } from '@shared/model/declaration-preview'
import { visible } from '@shared/payload/visible'
import { useCallback, useEffect, useState } from 'react'
import { Button } from '../../design/button'
import { CodeView } from '../../design/code-view'
import { Dialog } from '../../design/dialog'
import { count, plural } from '../../design/number-format'
import { useConsole } from '../../stores/console'
import { useAnswer } from '../use-answer'

interface LayoutDialogProps {
  readonly environmentId: string | null
  readonly text: string
  /** Ids of the other layouts. */
  readonly taken: readonly string[]
  readonly onClose: () => void
  readonly onDone: (declaration: LayoutDeclaration) => void
}

/** A layout as JSON at the left; at the right what it would find on the server now, as it is written. */
export function LayoutDialog({ environmentId, text: first, taken, onClose, onDone }: LayoutDialogProps) {
  const [text, setText] = useState(first)
  const settled = useSettled(text)
  const problem = problemOf(text, taken)
  return (
    <Dialog
      open
      onClose={onClose}
      width="full"
      title="Describe a layout"
      description="Which keys hold what, {name} for the queue’s own name, and where in a message its values stand."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" why={problem} onClick={() => onDone(LayoutDeclaration.parse(JSON.parse(text)))}>
            Use this layout
          </Button>
        </>
      }
    >
      <div className="grid h-[56vh] grid-cols-2 gap-4">
        <div className="flex min-h-0 flex-col border border-line">
          <CodeView label="The layout, editable" editable language="json" text={first} onChange={setText} />
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
        <section aria-label="Preview" tabIndex={0} className="min-h-0 overflow-y-auto">
          {environmentId === null ? (
            <p className="text-muted">
              {problem ?? 'Save the environment first: then this shows what the layout finds there.'}
            </p>
          ) : (
            <Preview environmentId={environmentId} text={settled} />
          )}
        </section>
      </div>
    </Dialog>
  )
}

function Preview({ environmentId, text }: { readonly environmentId: string; readonly text: string }) {
  const { client } = useConsole()
  const ask = useCallback(
    (signal: AbortSignal) => client.environments.previewLayout({ environmentId, text, name: null }, { signal }),
    [client, environmentId, text],
  )
  const { value, trouble } = useAnswer(ask)
  if (trouble) return <p className="text-amber">{`${trouble.message} ${trouble.hint ?? ''}`}</p>
  if (!value) return <p className="text-muted">Looking…</p>
  return (
    <>
      {value.problems.map((problem) => (
        <p key={problem} className="mb-1 text-amber">
          {visible(problem)}
        </p>
      ))}
      {value.keysSeen > 0 && (
        <p className="mb-2 text-muted">
          {plural(value.queues.length, 'queue')} in {plural(value.keysSeen, 'key')}
          {value.isWhole ? '' : ', as far as was looked'}
          {value.queues.length > 0 && `: ${visible(value.queues.slice(0, 12).join(', '))}`}
        </p>
      )}
      {value.roles.map((role) => (
        <Role key={role.role} role={role} />
      ))}
    </>
  )
}

function Role({
  role: { role, key, type, count: size, sample },
}: {
  readonly role: DeclarationPreview['roles'][number]
}) {
  return (
    <section aria-label={role} className="mb-3">
      <h3 className="font-semibold">
        {role} <span className="font-mono font-normal text-12 text-muted">{visible(key)}</span>
      </h3>
      <p className="text-muted">{type === 'none' ? 'not there now' : `${type}, ${count(size)} in it`}</p>
      {sample && (
        <>
          <p>
            id {visible(sample.summary.id)}
            {sample.summary.name !== null && `, ${visible(sample.summary.name)}`}
            {sample.summary.attempts !== null && `, attempts ${sample.summary.attempts}`}
            {sample.summary.error !== null && `, ${visible(sample.summary.error)}`}
          </p>
          <pre className="max-h-32 overflow-auto whitespace-pre-wrap break-all rounded bg-sunken p-2 font-mono text-12">
            {visible(sample.text)}
          </pre>
        </>
      )}
    </section>
  )
}

const settleMs = 400

/** The text once typing has paused. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), settleMs)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}

/** Why it cannot be used as it stands; null when it can. */
function problemOf(text: string, taken: readonly string[]): string | null {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return 'This is not JSON yet.'
  }
  const parsed = LayoutDeclaration.safeParse(json)
  if (parsed.success)
    return taken.includes(parsed.data.id) ? `There is a layout with the id ${parsed.data.id} already.` : null
  const [issue] = parsed.error.issues
  return `${issue?.path.join('.') || 'It'}: ${issue?.message ?? 'not a layout'}`
}
