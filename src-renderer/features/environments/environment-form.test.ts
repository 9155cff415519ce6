import type { Environment } from '@shared/model/environment'
import { describe, expect, it } from 'vitest'
import { emptyForm, formOf, inputOf, isLoopback } from './environment-form'
import { fromUrl } from './from-url'
import { parseNodes } from './redis-form'

describe('the environment form', () => {
  it('means what it says', () => {
    expect(inputOf({ ...emptyForm, name: ' billing ', tier: 'staging', tls: true })).toMatchObject({
      ok: true,
      input: {
        name: 'billing',
        tier: 'staging',
        topology: { kind: 'single', host: '127.0.0.1', port: 6379 },
        username: null,
      },
    })
    const sentinel = inputOf({ ...emptyForm, name: 'a', kind: 'sentinel', nodes: '10.0.0.1:26379\n[::1]:26380' })
    expect(sentinel).toMatchObject({
      ok: true,
      input: {
        topology: {
          sentinels: [
            { host: '10.0.0.1', port: 26379 },
            { host: '::1', port: 26380 },
          ],
        },
      },
    })
  })

  it('names the field that is wrong', () => {
    const wrong = inputOf({ ...emptyForm, host: ' ', port: '70000', database: 'x', secretKind: 'env', secret: '' })
    expect(wrong.ok ? [] : Object.keys(wrong.errors).sort()).toEqual(['database', 'host', 'name', 'port', 'secret'])
    expect(inputOf({ ...emptyForm, name: 'a', kind: 'cluster', nodes: 'nonsense' })).toMatchObject({
      ok: false,
      errors: { nodes: 'one host:port a line' },
    })
    expect(parseNodes('a:0')).toBeUndefined()
  })

  it('reads a URL', () => {
    expect(fromUrl('rediss://app:p%40ss@redis.example.com:6380/3')).toEqual({
      broker: 'redis',
      kind: 'single',
      host: 'redis.example.com',
      port: '6380',
      database: '3',
      username: 'app',
      tls: true,
      secretKind: 'session',
      secret: 'p@ss',
    })
    expect(fromUrl('https://example.com')).toBeNull()
    expect(fromUrl('redis://[::1]')).toMatchObject({ host: '::1', port: '6379', database: '0' })
    expect(fromUrl('amqps://ops:pw@rabbit.internal/billing')).toMatchObject({
      broker: 'rabbitmq',
      rabbitPort: '5671',
      managementUrl: 'https://rabbit.internal:15671',
      vhosts: 'billing',
    })
    expect(fromUrl('https://sqs.eu-central-1.amazonaws.com/123456789012/mail-dlq')).toEqual({
      broker: 'sqs',
      region: 'eu-central-1',
      queues: 'https://sqs.eu-central-1.amazonaws.com/123456789012/mail-dlq',
    })
  })

  it('means an SQS and a RabbitMQ as well', () => {
    const sqs = inputOf({
      ...emptyForm,
      name: 'q',
      broker: 'sqs',
      region: 'eu-central-1',
      credentials: 'keys',
      accessKeyId: 'AKIA1',
      roleArn: 'arn:aws:iam::123456789012:role/reader',
      queues: 'https://sqs.eu-central-1.amazonaws.com/123456789012/a\narn:aws:sqs:eu-central-1:123456789012:b',
    })
    expect(sqs).toMatchObject({
      ok: true,
      input: { kind: 'sqs', credentials: { kind: 'keys' }, role: { mfaSerial: null }, queues: { length: 2 } },
    })
    const wrong = inputOf({ ...emptyForm, name: 'q', broker: 'sqs', credentials: 'profile', roleArn: 'reader' })
    expect(wrong.ok ? [] : Object.keys(wrong.errors).sort()).toEqual(['profile', 'roleArn'])
    const rabbitmq = inputOf({ ...emptyForm, name: 'r', broker: 'rabbitmq', vhosts: '/, billing' })
    expect(rabbitmq).toMatchObject({ ok: true, input: { kind: 'rabbitmq', port: 5672, vhosts: ['/', 'billing'] } })
  })

  it('never opens with a secret in it', () => {
    const environment: Environment = {
      id: 'e',
      name: 'a',
      kind: 'redis',
      tier: null,
      topology: { kind: 'single', host: '10.0.0.1', port: 6379 },
      database: 0,
      username: null,
      tls: { enabled: false, caFile: null, verify: true },
      effectiveTier: 'production',
      password: { kind: 'stored', set: true, reference: null },
      origin: 'saved',
    }
    const form = formOf(environment)
    expect(form).toMatchObject({ secretKind: 'keep', secret: '' })
    expect(isLoopback(form)).toBe(false)
    expect(inputOf(form)).toMatchObject({ ok: true, input: { password: { kind: 'keep' } } })
  })
})
