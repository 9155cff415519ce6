import { isLoopback } from './environment-form'
import type { FieldsProps } from './fields-props'

const answers = [
  { value: 'production', label: 'Yes, production', detail: 'read-only until unlocked; names are typed' },
  { value: 'staging', label: 'No, staging', detail: 'plans are shown, nothing is typed' },
  { value: 'dev', label: 'No, development', detail: 'plans are shown, nothing is typed' },
] as const

/** Asked for everything that is not this machine: what nobody answers counts as production. */
export function TierQuestion({ form, values }: FieldsProps) {
  const local = isLoopback(values)
  return (
    <fieldset>
      <legend className="mb-1 font-medium text-12 text-muted">Is this production?</legend>
      <div className="grid grid-cols-3 gap-2">
        {answers.map(({ value, label, detail }) => (
          <label
            key={value}
            className={`flex gap-2 rounded border px-2.5 py-2 ${
              values.tier === value ? 'border-accent bg-picked' : 'border-line-strong hover:bg-hover'
            }`}
          >
            <input type="radio" value={value} {...form.register('tier')} className="mt-0.5 accent-accent-fill" />
            <span>
              <span className="block font-medium">{label}</span>
              <span className="block text-12 text-muted leading-4">{detail}</span>
            </span>
          </label>
        ))}
      </div>
      {values.tier === '' && (
        <p className={`mt-1 text-12 ${local ? 'text-faint' : 'text-amber'}`}>
          {local
            ? 'Not said: this machine counts as development.'
            : 'Not said: it is not this machine, so it counts as production.'}
        </p>
      )}
    </fieldset>
  )
}
