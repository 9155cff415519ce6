import { useState } from 'react'
import { useActions } from '../../actions'
import { Button } from '../../design/button'
import { CodeView } from '../../design/code-view'
import { count } from '../../design/number-format'
import { showNotice } from '../../design/toast'
import { useEnvironment, useFeed } from '../../stores/console'
import { go } from '../../stores/route'
import { troubleOf } from '../../stores/trouble'
import { askForUnlock } from '../../stores/unlock-request'
import { ScreenHead } from '../screen-head'
import { useAbilities } from '../use-abilities'
import { writeRefusal } from '../write-refusal'
import { emptyForm, factsOf, fittedTo, requestOf, type SendForm, sendRefusal } from './send-form'
import { SendOptions } from './send-options'
import { SendOutcome } from './send-outcome'
import { useBatches } from './use-batches'

/** Target at the left, payload in the middle, what became of it at the right. */
export function SendScreen({
  environmentId,
  queue,
}: {
  readonly environmentId: string
  readonly queue: string | null
}) {
  const standing = useEnvironment(environmentId)
  const [written, setForm] = useState<SendForm>(() => emptyForm(queue ?? ''))
  const info = useFeed(environmentId, (feed) => feed.queues.get(written.queue))
  const form = fittedTo(info, written)
  const { batches, send } = useBatches(environmentId)
  const [busy, setBusy] = useState(false)
  const { may } = useAbilities({ environmentId, queue: form.queue === '' ? null : form.queue })
  const why = busy ? 'It is on its way.' : (writeRefusal(standing) ?? (info && may('send')) ?? sendRefusal(form, info))
  const perform = async () => {
    if (!info) return
    setBusy(true)
    try {
      const uuid = () => crypto.randomUUID()
      await send(requestOf(form, { environmentId, target: info, now: Date.now(), uuid }), info.name)
    } catch (error) {
      const { message, hint } = troubleOf(error)
      showNotice({ title: message, detail: hint, tone: 'red' })
    } finally {
      setBusy(false)
    }
  }
  const label = `Send ${count(form.count ?? 0)}${info ? ` to ${info.name}` : ''}`
  useActions([
    { id: 'send', label: 'Send', group: 'Send', keys: 'mod+enter', when: () => why, perform: () => void perform() },
  ])
  return (
    <>
      <ScreenHead title="Send" detail="messages of your own making">
        {standing.state?.readOnly && <Button onClick={() => askForUnlock(environmentId)}>Unlock…</Button>}
        <Button look="primary" why={why} onClick={() => void perform()}>
          <span className="clip max-w-64">{label}</span>
        </Button>
      </ScreenHead>
      <div className="grid min-h-0 flex-1 grid-cols-[280px_minmax(0,1fr)_280px]">
        <SendOptions
          environmentId={environmentId}
          form={form}
          target={info}
          onChange={(next) => {
            setForm(next)
            if (next.queue !== form.queue) go({ at: 'send', environmentId, queue: next.queue || null }, 'replace')
          }}
        />
        <section aria-label="Payload" className="flex min-h-0 min-w-0 flex-col border-line border-x">
          <p className="flex h-9 shrink-0 items-center justify-between gap-3 border-line border-b px-4 text-12 text-muted">
            <span className="shrink-0">{factsOf(info)?.body.words ?? 'Payload'}</span>
            <span className="clip" title="Filled in anew for each message">
              filled in: <code className="font-mono">{'{{uuid}} {{now}} {{seq}}'}</code>
            </span>
          </p>
          <CodeView
            label="Payload, editable"
            editable
            language="json"
            text={form.body}
            onChange={(body) => setForm({ ...form, body })}
          />
        </section>
        <SendOutcome environmentId={environmentId} batches={batches} />
      </div>
    </>
  )
}
