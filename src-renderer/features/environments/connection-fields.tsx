import type { UseFormReturn } from 'react-hook-form'
import { Field } from '../../design/field'
import { Input } from '../../design/input'
import { Segmented } from '../../design/segmented'
import { Switch } from '../../design/switch'
import type { EnvironmentForm } from './environment-form'

export interface FieldsProps {
  readonly form: UseFormReturn<EnvironmentForm>
  readonly values: EnvironmentForm
}

const kinds = [
  { value: 'single', label: 'One server' },
  { value: 'sentinel', label: 'Sentinel' },
  { value: 'cluster', label: 'Cluster' },
] as const

export function ConnectionFields({ form, values }: FieldsProps) {
  const { register, setValue, formState } = form
  const { errors } = formState
  return (
    <>
      <Field label="Name" error={errors.name?.message}>
        <Input {...register('name')} placeholder="eu-billing" />
      </Field>
      <div>
        <p className="mb-1 font-medium text-12 text-muted">Redis</p>
        <Segmented
          label="Kind of Redis"
          value={values.kind}
          options={kinds}
          onChange={(kind) => setValue('kind', kind)}
        />
      </div>
      {values.kind === 'single' ? (
        <div className="grid grid-cols-[minmax(0,1fr)_96px_96px] gap-3">
          <Field label="Host" error={errors.host?.message}>
            <Input mono {...register('host')} />
          </Field>
          <Field label="Port" error={errors.port?.message}>
            <Input mono inputMode="numeric" {...register('port')} />
          </Field>
          <Field label="Database" error={errors.database?.message}>
            <Input mono inputMode="numeric" {...register('database')} />
          </Field>
        </div>
      ) : (
        <div className="grid grid-cols-[minmax(0,1fr)_200px] gap-3">
          <Field
            label={values.kind === 'sentinel' ? 'Sentinels' : 'Nodes'}
            hint={values.kind === 'sentinel' ? 'host:port, separated by commas' : 'host:port, some of them are enough'}
            error={errors.nodes?.message}
          >
            <Input mono {...register('nodes')} placeholder="10.0.0.1:26379, 10.0.0.2:26379" />
          </Field>
          {values.kind === 'sentinel' && (
            <Field label="Group" hint="the name that Sentinel watches" error={errors.masterName?.message}>
              <Input mono {...register('masterName')} />
            </Field>
          )}
        </div>
      )}
      <div className="flex flex-col gap-2">
        <Switch label="TLS" checked={values.tls} onChange={(tls) => setValue('tls', tls)} />
        {values.tls && (
          <>
            <Field
              label="Authority"
              hint="Path of a PEM file to trust besides the system’s; empty for none."
              error={errors.caFile?.message}
            >
              <Input mono {...register('caFile')} />
            </Field>
            <Switch
              label="Check the server’s certificate"
              checked={values.verify}
              onChange={(verify) => setValue('verify', verify)}
            />
            {!values.verify && (
              <p className="text-12 text-red">Anybody between here and there can read along. Refused on production.</p>
            )}
          </>
        )}
      </div>
    </>
  )
}
