import { Field } from '../../design/field'
import { Input } from '../../design/input'
import { Segmented } from '../../design/segmented'
import type { FieldsProps } from './fields-props'
import { RabbitmqConnection } from './rabbitmq-connection'
import { RedisConnection } from './redis-connection'
import { SqsConnection } from './sqs-connection'
import { TlsFields } from './tls-fields'

const brokers = [
  { value: 'redis', label: 'Redis' },
  { value: 'sqs', label: 'Amazon SQS' },
  { value: 'rabbitmq', label: 'RabbitMQ' },
] as const

/** A name, the kind of broker, and what that kind needs to be reached. */
export function ConnectionFields(props: FieldsProps) {
  const { form, values } = props
  return (
    <>
      <Field label="Name" error={form.formState.errors.name?.message}>
        <Input {...form.register('name')} placeholder="eu-billing" />
      </Field>
      <div>
        <p className="mb-1 font-medium text-12 text-muted">Broker</p>
        <Segmented
          label="Kind of broker"
          value={values.broker}
          options={brokers}
          onChange={(broker) => form.setValue('broker', broker)}
        />
      </div>
      {values.broker === 'redis' && <RedisConnection {...props} />}
      {values.broker === 'sqs' && <SqsConnection {...props} />}
      {values.broker === 'rabbitmq' && <RabbitmqConnection {...props} />}
      {values.broker !== 'sqs' && <TlsFields {...props} />}
    </>
  )
}
