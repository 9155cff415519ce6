import type { Layout } from '@shared/model/queue'
import { Plus, X } from 'lucide-react'
import { useMemo } from 'react'
import { Button } from '../../design/button'
import { Field } from '../../design/field'
import { IconButton } from '../../design/icon-button'
import { Input } from '../../design/input'
import { NumberField } from '../../design/number-field'
import { Select } from '../../design/select'
import { useFeed } from '../../stores/console'
import { type SendForm, sendAtMost } from './send-form'

interface SendOptionsProps {
  readonly environmentId: string
  readonly form: SendForm
  readonly layout: Layout | undefined
  readonly onChange: (form: SendForm) => void
}

export function SendOptions({ environmentId, form, layout, onChange }: SendOptionsProps) {
  const queues = useFeed(environmentId, (feed) => feed.queues)
  const keys = useFeed(environmentId, (feed) => feed.keys)
  const options = useMemo(
    () => [
      { value: '', label: 'Choose a queue' },
      ...keys.map((key) => ({
        value: key,
        label: `${queues.get(key)?.name ?? key} · ${queues.get(key)?.product ?? ''}`,
      })),
    ],
    [keys, queues],
  )
  const set = (change: Partial<SendForm>) => onChange({ ...form, ...change })
  return (
    <section aria-label="Target" className="flex min-h-0 flex-col gap-3 overflow-y-auto px-4 py-3">
      <Field label="Queue">
        <Select options={options} value={form.queue} onChange={(event) => set({ queue: event.target.value })} />
      </Field>
      <Field
        label="Name"
        hint={layout === 'engine' ? 'The engine needs none.' : 'The job’s name, by which workers choose what to run.'}
      >
        <Input value={form.name} maxLength={512} onChange={(event) => set({ name: event.target.value })} />
      </Field>
      <div className="grid grid-cols-3 gap-2">
        <Field label="How many">
          <NumberField value={form.count} min={1} max={sendAtMost} onChange={(count) => set({ count })} />
        </Field>
        <Field label="Delay, s">
          <NumberField
            value={form.delaySeconds}
            min={0}
            max={31_536_000}
            placeholder="0"
            onChange={(delaySeconds) => set({ delaySeconds })}
          />
        </Field>
        <Field label="Priority">
          <NumberField
            value={form.priority}
            min={0}
            max={2_097_151}
            placeholder="none"
            onChange={(priority) => set({ priority })}
          />
        </Field>
      </div>
      <fieldset className="flex flex-col gap-1.5">
        <legend className="mb-1 font-medium text-12 text-muted">Attributes</legend>
        {form.attributes.map((attribute, index) => {
          const change = (next: Partial<typeof attribute>) =>
            set({ attributes: form.attributes.map((one, at) => (at === index ? { ...one, ...next } : one)) })
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place; names may repeat while typing
            <div key={index} className="flex items-center gap-1">
              <Input
                aria-label={`Name of attribute ${index + 1}`}
                placeholder="name"
                value={attribute.name}
                onChange={(event) => change({ name: event.target.value })}
              />
              <Input
                aria-label={`Value of attribute ${index + 1}`}
                placeholder="value"
                mono
                value={attribute.value}
                onChange={(event) => change({ value: event.target.value })}
              />
              <IconButton
                label={`Remove attribute ${index + 1}`}
                onClick={() => set({ attributes: form.attributes.filter((_, at) => at !== index) })}
              >
                <X size={13} aria-hidden />
              </IconButton>
            </div>
          )
        })}
        <Button
          small
          className="self-start"
          icon={<Plus size={12} aria-hidden />}
          onClick={() => set({ attributes: [...form.attributes, { name: '', value: '' }] })}
        >
          Add an attribute
        </Button>
      </fieldset>
    </section>
  )
}
