import { Field } from '../../design/field'
import { Input } from '../../design/input'
import { Segmented } from '../../design/segmented'
import { Switch } from '../../design/switch'
import { TextArea } from '../../design/text-area'
import type { FieldsProps } from './fields-props'

const credentials = [
  { value: 'default', label: 'As other AWS tools' },
  { value: 'profile', label: 'A profile' },
  { value: 'keys', label: 'A key pair' },
] as const

export function SqsConnection({ form, values }: FieldsProps) {
  const { register, setValue, formState } = form
  const { errors } = formState
  return (
    <>
      <div className="grid grid-cols-[200px_minmax(0,1fr)] gap-3">
        <Field label="Region" hint="empty: as configured" error={errors.region?.message}>
          <Input mono {...register('region')} placeholder="eu-central-1" />
        </Field>
        <Field label="Endpoint" hint="only for a VPC endpoint or an emulator" error={errors.endpoint?.message}>
          <Input mono {...register('endpoint')} placeholder="http://127.0.0.1:4566" />
        </Field>
      </div>
      <div>
        <p className="mb-1 font-medium text-12 text-muted">Credentials</p>
        <Segmented
          label="Credentials"
          value={values.credentials}
          options={credentials}
          onChange={(kind) => setValue('credentials', kind)}
        />
      </div>
      {values.credentials === 'profile' && (
        <Field label="Profile" hint="of the AWS configuration; SSO profiles too" error={errors.profile?.message}>
          <Input mono {...register('profile')} />
        </Field>
      )}
      {values.credentials === 'keys' && (
        <Field
          label="Access key id"
          hint="Its secret goes into the field below. For keys with a session token use a profile."
          error={errors.accessKeyId?.message}
        >
          <Input mono {...register('accessKeyId')} placeholder="AKIA…" />
        </Field>
      )}
      <div className="grid grid-cols-[minmax(0,1fr)_160px_160px] gap-3">
        <Field label="Role to take on" hint="empty for none" error={errors.roleArn?.message}>
          <Input mono {...register('roleArn')} placeholder="arn:aws:iam::123456789012:role/…" />
        </Field>
        <Field label="External id" error={errors.externalId?.message}>
          <Input mono {...register('externalId')} />
        </Field>
        <Field label="MFA device" hint="asks for its code" error={errors.mfaSerial?.message}>
          <Input mono {...register('mfaSerial')} />
        </Field>
      </div>
      <Field label="Queues whose names begin with" hint="empty for all" error={errors.namePrefix?.message}>
        <Input mono {...register('namePrefix')} />
      </Field>
      <Field
        label="Queues by URL or ARN"
        hint="One a line: shown even where listing is denied."
        error={errors.queues?.message}
      >
        <TextArea mono rows={3} {...register('queues')} />
      </Field>
      <Switch
        label="Ask CloudWatch for ages and rates (billed by AWS)"
        checked={values.cloudWatch}
        onChange={(cloudWatch) => setValue('cloudWatch', cloudWatch)}
      />
    </>
  )
}
