import type { Environment } from '@shared/model/environment'
import { describe, expect, it } from 'vitest'
import { emptyForm, formOf, fromUrl, inputOf, isLoopback, parseNodes } from './environment-form'

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
