import { Field } from '../../design/field'
import { Input } from '../../design/input'
import { Switch } from '../../design/switch'
import type { FieldsProps } from './fields-props'

export function TlsFields({ form, values }: FieldsProps) {
  const { register, setValue, formState } = form
  return (
    <div className="flex flex-col gap-2">
      <Switch label="TLS" checked={values.tls} onChange={(tls) => setValue('tls', tls)} />
      {values.tls && (
        <>
          <Field
            label="Authority"
            hint="Path of a PEM file to trust besides the system’s; empty for none."
            error={formState.errors.caFile?.message}
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
  )
}
