import type { SecretView } from '@shared/model/environment'
import type { SystemInfo } from '@shared/rpc/system-contract'
import { Field } from '../../design/field'
import { Input } from '../../design/input'
import { Select } from '../../design/select'
import type { FieldsProps } from './fields-props'

interface SecretFieldsProps extends FieldsProps {
  readonly view: SecretView | null
  readonly store: SystemInfo['secretStore'] | null
}

/** Write-only: a secret goes in and never comes out again. */
export function SecretFields({ form, values, view, store }: SecretFieldsProps) {
  const { register, formState } = form
  const options = [
    { value: 'none', label: 'No password' },
    ...(view && view.kind !== 'none' ? [{ value: 'keep', label: `Leave as it is (${viewWords(view)})` }] : []),
    { value: 'session', label: 'Typed here, until the console ends' },
    { value: 'env', label: 'From an environment variable' },
    { value: 'file', label: 'From a file' },
    ...(store?.available ? [{ value: 'stored', label: 'Kept by the operating system' }] : []),
  ]
  const wanted = ask[values.secretKind]
  const isSqs = values.broker === 'sqs'
  // Other AWS credentials have no secret that is kept here.
  if (isSqs && values.credentials !== 'keys') return null
  return (
    <div className="grid grid-cols-[160px_minmax(0,1fr)_minmax(0,1fr)] items-start gap-3">
      {!isSqs && (
        <Field label="User" hint={values.broker === 'redis' ? 'empty for the default user' : 'empty for guest'}>
          <Input mono {...register('username')} />
        </Field>
      )}
      <Field
        label={isSqs ? 'Secret key' : 'Password'}
        {...(store && !store.available && store.reason && { hint: `Not kept for later: ${store.reason}` })}
      >
        <Select options={options} {...register('secretKind')} />
      </Field>
      {wanted && (
        <Field label={wanted.label} error={formState.errors.secret?.message}>
          <Input
            mono
            type={wanted.hidden ? 'password' : 'text'}
            placeholder={wanted.placeholder}
            autoComplete={wanted.hidden ? 'new-password' : 'off'}
            {...register('secret')}
          />
        </Field>
      )}
    </div>
  )
}

interface Wanted {
  readonly label: string
  readonly hidden: boolean
  readonly placeholder: string
}

const ask: Partial<Readonly<Record<string, Wanted>>> = {
  session: { label: 'The password', hidden: true, placeholder: '' },
  stored: { label: 'The password', hidden: true, placeholder: '' },
  env: { label: 'Variable', hidden: false, placeholder: 'REDIS_PASSWORD' },
  file: { label: 'File, readable by you alone', hidden: false, placeholder: '/run/secrets/redis' },
}

function viewWords({ kind, set, reference }: SecretView): string {
  const where = kind === 'env' ? `$${reference}` : kind === 'file' ? `${reference}` : kind
  return set ? where : `${where}, not set now`
}
