import { type BrokerKind, type Environment, EnvironmentInput, type Profile } from '@shared/model/environment'
import { isLoopback as isLoopbackHost } from '@shared/model/tier'
import type { EnvironmentForm, FieldIssue } from './environment-fields'
import { rabbitmqDefaults, rabbitmqField, rabbitmqForm, rabbitmqProfile } from './rabbitmq-form'
import { parseNodes, redisDefaults, redisField, redisForm, redisProfile } from './redis-form'
import { sqsDefaults, sqsField, sqsForm, sqsProfile } from './sqs-form'

export type FormErrors = Partial<Record<keyof EnvironmentForm, string>>

export const emptyForm: EnvironmentForm = {
  name: '',
  tier: '',
  broker: 'redis',
  ...redisDefaults,
  ...sqsDefaults,
  ...rabbitmqDefaults,
  username: '',
  secretKind: 'none',
  secret: '',
  tls: false,
  caFile: '',
  verify: true,
}

/** A saved environment as a form. The secret itself is never known here: it is kept unless something new is typed. */
export function formOf(environment: Environment): EnvironmentForm {
  return {
    ...emptyForm,
    name: environment.name,
    tier: environment.tier ?? '',
    broker: environment.kind,
    secretKind: environment.password.kind === 'none' ? 'none' : 'keep',
    ...(environment.kind !== 'sqs' && {
      username: environment.username ?? '',
      tls: environment.tls.enabled,
      caFile: environment.tls.caFile ?? '',
      verify: environment.tls.verify,
    }),
    ...fieldsOf(environment),
  }
}

function fieldsOf(profile: Profile): Partial<EnvironmentForm> {
  switch (profile.kind) {
    case 'redis':
      return redisForm(profile)
    case 'sqs':
      return sqsForm(profile)
    case 'rabbitmq':
      return rabbitmqForm(profile)
  }
}

export function inputOf(
  form: EnvironmentForm,
): { ok: true; input: EnvironmentInput } | { ok: false; errors: FormErrors } {
  const errors: FormErrors = {}
  if (form.broker === 'redis' && form.kind !== 'single') {
    const nodes = parseNodes(form.nodes)
    if (nodes === undefined) errors.nodes = 'one host:port a line'
    else if (nodes.length === 0) errors.nodes = 'name at least one'
  }
  if (needsSecret(form.secretKind) && form.secret === '') errors.secret = secretMissing[form.secretKind]
  const parsed = EnvironmentInput.safeParse({
    name: form.name,
    tier: form.tier === '' ? null : form.tier,
    password: secretOf(form),
    ...(form.broker !== 'sqs' && {
      username: form.username.trim() === '' ? null : form.username.trim(),
      tls: { enabled: form.tls, caFile: form.caFile.trim() === '' ? null : form.caFile.trim(), verify: form.verify },
    }),
    ...kinds[form.broker].profile(form),
  })
  if (parsed.success && Object.keys(errors).length === 0) return { ok: true, input: parsed.data }
  for (const issue of parsed.error?.issues ?? []) {
    const { field, words } = fieldOf(form.broker, issue.path)
    if (field) errors[field] ??= words ?? issue.message
  }
  if (Object.keys(errors).length === 0) errors.name = 'something here is not right'
  return { ok: false, errors }
}

const kinds = {
  redis: { profile: redisProfile, field: redisField },
  sqs: { profile: sqsProfile, field: sqsField },
  rabbitmq: { profile: rabbitmqProfile, field: rabbitmqField },
} as const

function fieldOf(broker: BrokerKind, path: readonly PropertyKey[]): FieldIssue {
  const [first, second] = path
  if (first === 'password') return { field: 'secret' }
  if (first === 'tls') return { field: second === 'caFile' ? 'caFile' : 'tls' }
  if (first === 'name' || first === 'tier' || first === 'username') return { field: first }
  return kinds[broker].field(path)
}

const needsSecret = (kind: EnvironmentForm['secretKind']): kind is 'session' | 'env' | 'file' | 'stored' =>
  kind !== 'none' && kind !== 'keep'

const secretMissing = {
  session: 'type the password',
  stored: 'type the password',
  env: 'name the variable',
  file: 'name the file',
} as const

function secretOf({ secretKind, secret }: EnvironmentForm): unknown {
  switch (secretKind) {
    case 'none':
    case 'keep':
      return { kind: secretKind }
    case 'session':
    case 'stored':
      return { kind: secretKind, value: secret }
    case 'env':
      return { kind: 'env', name: secret.trim() }
    case 'file':
      return { kind: 'file', path: secret.trim() }
  }
}

/** Whether every host is this machine: only then a tier may stay unsaid without counting as production. */
export function isLoopback(form: EnvironmentForm): boolean {
  switch (form.broker) {
    case 'redis': {
      if (form.kind === 'single') return isLoopbackHost(form.host.trim())
      const nodes = parseNodes(form.nodes)
      return nodes !== undefined && nodes.length > 0 && nodes.every(({ host }) => isLoopbackHost(host))
    }
    case 'sqs':
      return isLoopbackHost(hostOfUrl(form.endpoint))
    case 'rabbitmq':
      return isLoopbackHost(form.rabbitHost.trim())
  }
}

function hostOfUrl(text: string): string {
  try {
    return new URL(text.trim()).hostname
  } catch {
    return ''
  }
}
