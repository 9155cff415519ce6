import type { ActField } from '@shared/model/act'
import type { Trouble } from '@shared/model/environment'
import { figureOf } from '@shared/model/sample'
import type { PreparedAct } from '@shared/rpc/acts-contract'
import { useState } from 'react'
import { useStore } from 'zustand'
import { Button } from '../../design/button'
import { Dialog } from '../../design/dialog'
import { Field } from '../../design/field'
import { Input } from '../../design/input'
import { count } from '../../design/number-format'
import { Select } from '../../design/select'
import { TextArea } from '../../design/text-area'
import { showNotice } from '../../design/toast'
import { toneFill } from '../../design/tone'
import { type ActAsk, actRequest, closeAct } from '../../stores/act-request'
import { useConsole, useEnvironment, useFeed } from '../../stores/console'
import { troubleOf } from '../../stores/trouble'
import { askForUnlock } from '../../stores/unlock-request'
import { lookOf, TierMark } from '../tier-mark'

/** What a system does by its own means: its words, its fields, and the name typed where it destroys on production. */
export function ActDialog() {
  const ask = useStore(actRequest, (state) => state.ask)
  return ask && <ActFor key={`${ask.queue} ${ask.offer.id}`} ask={ask} />
}

function ActFor({ ask }: { readonly ask: ActAsk }) {
  const { client } = useConsole()
  const { environment, state } = useEnvironment(ask.environmentId)
  const [values, setValues] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(ask.offer.fields.map(({ name, value }) => [name, value])),
  )
  const [typed, setTyped] = useState('')
  const [busy, setBusy] = useState(false)
  const [trouble, setTrouble] = useState<Trouble | null>(null)
  const { offer, environmentId, queue, queueName } = ask
  const look = environment && lookOf(environment)
  const isNameWanted = offer.destructive && environment?.effectiveTier === 'production'
  const why = offer.refusal ?? (isNameWanted && typed !== queueName ? `Type ${queueName} to go on.` : null)
  const perform = async () => {
    setBusy(true)
    setTrouble(null)
    try {
      const prepared: PreparedAct = await client.acts.prepare({ environmentId, queue, id: offer.id, values })
      const report = await client.acts.commit({
        ticket: prepared.ticket,
        typedName: prepared.typedName === null ? null : typed,
      })
      showNotice({ title: report.words })
      ask.onDone()
      closeAct()
    } catch (error) {
      setTrouble(troubleOf(error))
      setBusy(false)
    }
  }
  return (
    <Dialog
      open
      onClose={closeAct}
      {...(look && { edge: toneFill[look.tone] })}
      title={
        <span className="flex flex-wrap items-center gap-2">
          {offer.label}: {queueName}
          {look && environment && (
            <>
              {' '}
              in <TierMark look={look} /> {environment.name}
            </>
          )}
        </span>
      }
      description={offer.destructive ? 'Nothing is kept for undo.' : undefined}
      footer={
        <>
          <Button onClick={closeAct}>Cancel</Button>
          {state?.readOnly ? (
            <Button look="primary" onClick={() => askForUnlock(environmentId)}>
              Unlock…
            </Button>
          ) : (
            <Button
              look={offer.destructive ? 'danger' : 'primary'}
              why={busy ? 'It is on its way.' : why}
              onClick={() => void perform()}
            >
              {offer.label}
            </Button>
          )}
        </>
      }
    >
      <ul className="mb-3 list-disc pl-5">
        {offer.words.map((words) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
      {offer.refusal && <p className="mb-3 text-amber">{offer.refusal}</p>}
      <div className="flex flex-col gap-3">
        {offer.fields.map((field) => (
          <ActInput
            key={field.name}
            field={field}
            value={values[field.name] ?? ''}
            error={trouble?.subject === field.name ? trouble.message : undefined}
            onChange={(value) => setValues((before) => ({ ...before, [field.name]: value }))}
          />
        ))}
        {isNameWanted && (
          <Field label={`Type ${queueName} to go on`}>
            <Input mono value={typed} onChange={(event) => setTyped(event.target.value)} />
          </Field>
        )}
      </div>
      {busy && <UnderWay ask={ask} />}
      {trouble && !offer.fields.some(({ name }) => name === trouble.subject) && (
        <p role="alert" className="mt-3 whitespace-pre-line rounded border border-red bg-red-wash px-3 py-2 text-red">
          {trouble.message}
          {trouble.hint && `\n${trouble.hint}`}
        </p>
      )}
    </Dialog>
  )
}

/** An act tells nothing until it is done: what the queue holds meanwhile is the nearest to progress that there is. */
function UnderWay({ ask: { environmentId, queue, queueName } }: { readonly ask: ActAsk }) {
  const waiting = useFeed(environmentId, (feed) => {
    const sample = feed.samples.get(queue)
    const [ready, dead] = [figureOf(sample, 'ready'), figureOf(sample, 'dead')]
    return ready === null && dead === null ? null : (ready ?? 0) + (dead ?? 0)
  })
  return (
    <p role="status" className="mt-3 text-muted">
      It is on its way. {queueName} holds {count(waiting)} as last sampled.
    </p>
  )
}

interface ActInputProps {
  readonly field: ActField
  readonly value: string
  readonly error: string | undefined
  readonly onChange: (value: string) => void
}

function ActInput({ field, value, error, onChange }: ActInputProps) {
  return (
    <Field label={field.label} hint={field.hint ?? undefined} error={error}>
      {field.kind === 'choice' ? (
        <Select
          options={(field.options ?? []).map((option) => ({ value: option, label: option }))}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      ) : field.kind === 'body' ? (
        <TextArea mono rows={8} value={value} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <Input
          mono
          inputMode={field.kind === 'number' ? 'numeric' : 'text'}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  )
}
