import type { SendOption } from '@shared/model/send-facts'
import { useMemo } from 'react'
import { Field } from '../../design/field'
import { Input } from '../../design/input'
import { NumberField } from '../../design/number-field'
import { Select } from '../../design/select'
import { useFeed } from '../../stores/console'
import { spaceOf } from '../space'
import { SendAttributes } from './send-attributes'
import { factsOf, optionsFor, optionValue, type SendForm, type SendTarget, sendAtMost } from './send-form'

interface SendOptionsProps {
  readonly environmentId: string
  readonly form: SendForm
  readonly target: SendTarget | undefined
  readonly onChange: (form: SendForm) => void
}

/** Where it goes, and what the queue's own system lets a message be given. */
export function SendOptions({ environmentId, form, target, onChange }: SendOptionsProps) {
  const queues = useFeed(environmentId, (feed) => feed.queues)
  const keys = useFeed(environmentId, (feed) => feed.keys)
  const choices = useMemo(
    () => [
      { value: '', label: 'Choose a queue' },
      ...keys.map((key) => ({
        value: key,
        label: [queues.get(key)?.name ?? key, spaceOf(queues, key), queues.get(key)?.product]
          .filter(Boolean)
          .join(' · '),
      })),
    ],
    [keys, queues],
  )
  const facts = factsOf(target)
  const set = (change: Partial<SendForm>) => onChange({ ...form, ...change })
  return (
    <section aria-label="Target" className="flex min-h-0 flex-col gap-3 overflow-y-auto px-4 py-3">
      <Field label="Queue">
        <Select options={choices} value={form.queue} onChange={(event) => set({ queue: event.target.value })} />
      </Field>
      {facts?.name && (
        <Field label={facts.name.label} hint={facts.name.hint}>
          <Input value={form.name} maxLength={512} onChange={(event) => set({ name: event.target.value })} />
        </Field>
      )}
      {optionsFor(target).map((option) => (
        <Field key={option.name} label={option.label} hint={option.hint}>
          <OptionInput
            option={option}
            value={optionValue(form, option)}
            onChange={(value) => set({ options: { ...form.options, [option.name]: value } })}
          />
        </Field>
      ))}
      <div className="grid grid-cols-2 gap-2">
        <Field label="How many">
          <NumberField value={form.count} min={1} max={sendAtMost} onChange={(count) => set({ count })} />
        </Field>
        {facts?.delays && (
          <Field label="Delay, s">
            <NumberField
              value={form.delaySeconds}
              min={0}
              max={31_536_000}
              placeholder="0"
              onChange={(delaySeconds) => set({ delaySeconds })}
            />
          </Field>
        )}
      </div>
      {facts?.priority && (
        <Field label="Priority" hint={facts.priority.hint}>
          <NumberField
            value={form.priority}
            min={0}
            max={facts.priority.max}
            placeholder="none"
            onChange={(priority) => set({ priority })}
          />
        </Field>
      )}
      {facts?.attributes && (
        <SendAttributes
          words={facts.attributes}
          attributes={form.attributes}
          onChange={(attributes) => set({ attributes })}
        />
      )}
    </section>
  )
}

function OptionInput({
  option,
  value,
  onChange,
}: {
  readonly option: SendOption
  readonly value: string
  readonly onChange: (value: string) => void
}) {
  if (!option.choices)
    return <Input value={value} maxLength={4096} onChange={(event) => onChange(event.target.value)} />
  return (
    <Select
      options={option.choices.map((choice) => ({ value: choice, label: choice }))}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  )
}
