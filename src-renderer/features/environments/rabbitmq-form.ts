import type { RabbitmqProfile } from '@shared/model/environment'
import type { EnvironmentForm, FieldIssue, RabbitmqFields } from './environment-fields'
import { listOf, wholeNumber } from './redis-form'

export const rabbitmqDefaults: RabbitmqFields = {
  rabbitHost: '127.0.0.1',
  rabbitPort: '5672',
  managementUrl: 'http://127.0.0.1:15672',
  vhosts: '',
}

export const rabbitmqForm = ({ host, port, managementUrl, vhosts }: RabbitmqProfile): Partial<EnvironmentForm> => ({
  rabbitHost: host,
  rabbitPort: String(port),
  managementUrl,
  vhosts: vhosts.join(', '),
})

export const rabbitmqProfile = (form: EnvironmentForm) => ({
  kind: 'rabbitmq',
  host: form.rabbitHost,
  port: wholeNumber(form.rabbitPort),
  managementUrl: form.managementUrl.trim(),
  vhosts: listOf(form.vhosts),
})

export function rabbitmqField([first]: readonly PropertyKey[]): FieldIssue {
  if (first === 'host') return { field: 'rabbitHost', words: 'name the host' }
  if (first === 'port') return { field: 'rabbitPort', words: 'a port from 1 to 65535' }
  if (first === 'managementUrl') return { field: 'managementUrl' }
  if (first === 'vhosts') return { field: 'vhosts' }
  return {}
}
