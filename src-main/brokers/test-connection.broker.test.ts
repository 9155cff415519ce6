import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RedisProfile } from '@shared/model/environment'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../runtime/clock'
import { testConnection } from './test-connection'
import { freePort, startRedis, type TestRedis } from './testing/redis-server'

const profile = (port: number, change: Partial<RedisProfile> = {}): RedisProfile => ({
  name: 'test',
  kind: 'redis',
  tier: null,
  topology: { kind: 'single', host: '127.0.0.1', port },
  database: 0,
  username: null,
  tls: { enabled: false, caFile: null, verify: true },
  ...change,
})

const report = (environment: RedisProfile, password: string | null = null) =>
  testConnection(environment, async () => password, systemClock)
const tls = (caFile: string | null = null) => ({ enabled: true, caFile, verify: true })

describe('test of a connection', () => {
  let keys: string
  let plain: TestRedis
  let locked: TestRedis
  beforeAll(async () => {
    keys = mkdtempSync(join(tmpdir(), 'queuescope-tls-'))
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: keys, stdio: 'pipe' })
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=127.0.0.1',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      'server.key',
      '-out',
      'server.crt',
    )
    plain = await startRedis()
    locked = await startRedis(['--requirepass', 's3cret-canary'])
  })
  afterAll(async () => {
    await Promise.all([plain, locked].map((server) => server?.stop()))
    rmSync(keys, { recursive: true, force: true })
  })

  it('tells what it found', async () => {
    const redis = new Redis(plain.port, '127.0.0.1')
    await redis.hset('bull:mail:meta', 'opts.maxLenEvents', '10000', 'version', 'bullmq:6.7.0')
    expect(await report(profile(plain.port))).toMatchObject({
      ok: true,
      message: expect.stringMatching(/^Connected to Redis 7\.\d+\.\d+: 1 queue found in \d+\.\d s\.$/),
    })
    redis.disconnect()
  })

  it('says that the password is missing or wrong, without repeating it', async () => {
    const none = await report(profile(locked.port))
    expect(none).toMatchObject({
      ok: false,
      trouble: { code: 'auth', message: `127.0.0.1:${locked.port} wants a password.` },
    })
    const wrong = await report(profile(locked.port), 'wrong-canary')
    expect(wrong).toMatchObject({
      ok: false,
      trouble: { code: 'auth', message: `127.0.0.1:${locked.port} refuses this user name or password.` },
    })
    expect(JSON.stringify([none, wrong])).not.toContain('canary')
    expect(await report(profile(locked.port), 's3cret-canary')).toMatchObject({ ok: true })
  })

  it('names the command that a user may not run', async () => {
    const redis = new Redis(plain.port, '127.0.0.1')
    await redis.call('ACL', 'SETUSER', 'blind', 'on', '>pw', '~*', '+@all', '-scan', '-sscan')
    const answer = await report(profile(plain.port, { username: 'blind' }), 'pw')
    expect(answer).toMatchObject({ ok: true })
    expect(JSON.stringify(answer)).toContain('user may not run SCAN')
    await redis.call('ACL', 'SETUSER', 'mute', 'on', '>pw', '~*', '+@all', '-info')
    expect(JSON.stringify(await report(profile(plain.port, { username: 'mute' }), 'pw'))).toContain('may not run INFO')
    redis.disconnect()
  })

  it('says that the server does not speak TLS', async () => {
    expect(await report(profile(plain.port, { tls: tls() }))).toMatchObject({
      ok: false,
      trouble: { code: 'tls', message: expect.stringContaining('does not speak TLS') },
    })
  })

  it('says that the server wants TLS, and that its authority is unknown', async () => {
    const tlsPort = await freePort()
    const server = await startRedis([
      '--tls-port',
      String(tlsPort),
      '--tls-cert-file',
      join(keys, 'server.crt'),
      '--tls-key-file',
      join(keys, 'server.key'),
      '--tls-ca-cert-file',
      join(keys, 'server.crt'),
      '--tls-auth-clients',
      'no',
    ])
    try {
      expect(await report(profile(tlsPort))).toMatchObject({
        ok: false,
        trouble: { code: 'tls', message: expect.stringContaining('wants TLS'), hint: 'Switch TLS on.' },
      })
      expect(await report(profile(tlsPort, { tls: tls() }))).toMatchObject({
        ok: false,
        trouble: { code: 'tls', message: expect.stringContaining('not trusted') },
      })
      expect(await report(profile(tlsPort, { tls: tls(join(keys, 'server.crt')) }))).toMatchObject({ ok: true })
      expect(await report(profile(tlsPort, { tls: tls('/nowhere.pem') }))).toMatchObject({
        ok: false,
        trouble: { code: 'tls', subject: '/nowhere.pem' },
      })
    } finally {
      await server.stop()
    }
  })

  it('says that nothing listens, that no such host is known, and that it is no Redis', async () => {
    const port = await freePort()
    expect(await report(profile(port))).toMatchObject({
      ok: false,
      trouble: { code: 'unreachable', message: `Nothing listens on 127.0.0.1:${port}.` },
    })
    expect(
      await report(profile(1, { topology: { kind: 'single', host: 'no-such-host.invalid', port: 1 } })),
    ).toMatchObject({
      ok: false,
      trouble: { code: 'unreachable', message: expect.stringContaining('No address is known') },
    })
    const http = createHttpServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
    await once(http, 'listening')
    expect(await report(profile((http.address() as AddressInfo).port))).toMatchObject({
      ok: false,
      trouble: { code: 'not-this-broker', message: expect.stringContaining('is not a Redis') },
    })
    http.close()
  })

  it('does not wait for ever for a server that says nothing', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    expect(await report(profile(port))).toMatchObject({ ok: false, trouble: { code: 'timeout' } })
    silent.close()
  })
})
