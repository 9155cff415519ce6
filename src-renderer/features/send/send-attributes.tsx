import type { SendFacts } from '@shared/model/send-facts'
import { Plus, X } from 'lucide-react'
import { Button } from '../../design/button'
import { IconButton } from '../../design/icon-button'
import { Input } from '../../design/input'
import type { SendForm } from './send-form'

interface SendAttributesProps {
  readonly words: NonNullable<SendFacts['attributes']>
  readonly attributes: SendForm['attributes']
  readonly onChange: (attributes: SendForm['attributes']) => void
}

/** Names and values in rows: attributes, headers, job options or fields, as the layout calls them. */
export function SendAttributes({ words, attributes, onChange }: SendAttributesProps) {
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="font-medium text-12 text-muted">{words.label}</legend>
      {words.hint && <p className="text-11 text-muted">{words.hint}</p>}
      {attributes.map((attribute, index) => {
        const change = (next: Partial<typeof attribute>) =>
          onChange(attributes.map((one, at) => (at === index ? { ...one, ...next } : one)))
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
              onClick={() => onChange(attributes.filter((_, at) => at !== index))}
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
        onClick={() => onChange([...attributes, { name: '', value: '' }])}
      >
        Add one
      </Button>
    </fieldset>
  )
}
