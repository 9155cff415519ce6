import type { SqsProfile } from '@shared/model/environment'
import type { EnvironmentForm, FieldIssue, SqsFields } from './environment-fields'
import { listOf } from './redis-form'

export const sqsDefaults: SqsFields = {
  region: '',
  endpoint: '',
  credentials: 'default',
  profile: '',
  accessKeyId: '',
  roleArn: '',
  externalId: '',
  mfaSerial: '',
  namePrefix: '',
  queues: '',
  cloudWatch: false,
}

export function sqsForm(profile: SqsProfile): Partial<EnvironmentForm> {
  const { credentials, role } = profile
  return {
    region: profile.region ?? '',
    endpoint: profile.endpoint ?? '',
    credentials: credentials.kind,
    profile: credentials.kind === 'profile' ? credentials.profile : '',
    accessKeyId: credentials.kind === 'keys' ? credentials.accessKeyId : '',
    roleArn: role?.arn ?? '',
    externalId: role?.externalId ?? '',
    mfaSerial: role?.mfaSerial ?? '',
    namePrefix: profile.namePrefix,
    queues: profile.queues.join('\n'),
    cloudWatch: profile.cloudWatch,
  }
}

const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim())

export const sqsProfile = (form: EnvironmentForm) => ({
  kind: 'sqs',
  region: orNull(form.region),
  endpoint: orNull(form.endpoint),
  credentials:
    form.credentials === 'profile'
      ? { kind: 'profile', profile: form.profile }
      : form.credentials === 'keys'
        ? { kind: 'keys', accessKeyId: form.accessKeyId }
        : { kind: 'default' },
  role: orNull(form.roleArn) && {
    arn: form.roleArn.trim(),
    externalId: orNull(form.externalId),
    mfaSerial: orNull(form.mfaSerial),
  },
  namePrefix: form.namePrefix.trim(),
  queues: listOf(form.queues),
  cloudWatch: form.cloudWatch,
})

export function sqsField([first, second]: readonly PropertyKey[]): FieldIssue {
  if (first === 'region' || first === 'endpoint' || first === 'namePrefix' || first === 'queues')
    return { field: first }
  if (first === 'credentials') {
    if (second === 'profile') return { field: 'profile', words: 'name the profile' }
    return { field: 'accessKeyId', words: 'the id of the key, like AKIA…' }
  }
  if (first === 'role')
    return { field: second === 'arn' ? 'roleArn' : second === 'externalId' ? 'externalId' : 'mfaSerial' }
  return {}
}
