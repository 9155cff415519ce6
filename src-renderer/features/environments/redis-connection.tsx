import { Field } from '../../design/field'
import { Input } from '../../design/input'
import { Segmented } from '../../design/segmented'
import type { FieldsProps } from './fields-props'
import { LayoutList } from './layout-list'

const kinds = [
  { value: 'single', label: 'One server' },
  { value: 'sentinel', label: 'Sentinel' },
  { value: 'cluster', label: 'Cluster' },
] as const

export function RedisConnection({ form, values, environmentId }: FieldsProps) {
  const { register, setValue, formState } = form
  const { errors } = formState
  return (
    <>
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
      <Field
        label="Only keys that begin with"
        hint="Prefixes, separated by commas; empty looks at all keys."
        error={errors.prefixes?.message}
      >
        <Input mono {...register('prefixes')} placeholder="bull:, resque:" />
      </Field>
      <LayoutList
        environmentId={environmentId}
        declarations={values.declarations}
        onChange={(declarations) => setValue('declarations', declarations)}
      />
    </>
  )
}
