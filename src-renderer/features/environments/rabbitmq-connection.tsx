import { Field } from '../../design/field'
import { Input } from '../../design/input'
import type { FieldsProps } from './fields-props'

export function RabbitmqConnection({ form }: FieldsProps) {
  const { register, formState } = form
  const { errors } = formState
  return (
    <>
      <div className="grid grid-cols-[minmax(0,1fr)_96px] gap-3">
        <Field label="Host" error={errors.rabbitHost?.message}>
          <Input mono {...register('rabbitHost')} />
        </Field>
        <Field label="AMQP port" error={errors.rabbitPort?.message}>
          <Input mono inputMode="numeric" {...register('rabbitPort')} />
        </Field>
      </div>
      <Field
        label="Management"
        hint="Where the management plugin listens. Queues, rates and consumers are read there."
        error={errors.managementUrl?.message}
      >
        <Input mono {...register('managementUrl')} />
      </Field>
      <Field
        label="Virtual hosts"
        hint="Separated by commas; empty shows all that the user may see."
        error={errors.vhosts?.message}
      >
        <Input mono {...register('vhosts')} placeholder="/, billing" />
      </Field>
    </>
  )
}
