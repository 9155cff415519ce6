import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EnvironmentInput } from '@shared/model/environment'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Environments, EnvironmentsDocument } from './environments'
import { jsonFile } from './json-file'
import { type KeyStore, noKeyStore, Secrets } from './secrets'

type RedisInput = Extract<EnvironmentInput, { kind: 'redis' }>

const input = (change: Partial<RedisInput> = {}): RedisInput => ({
  name: 'local',
  kind: 'redis',
  tier: null,
  topology: { kind: 'single', host: '127.0.0.1', port: 6379 },
  database: 0,
  username: null,
  tls: { enabled: false, caFile: null, verify: true },
  password: { kind: 'none' },
  ...change,
})

describe('environments', () => {
  let folder: string
  const notices: string[] = []
  const path = () => join(folder, 'environments.json')
  const open = (keyStore: KeyStore = noKeyStore('no store here'), variables: Record<string, string> = {}) =>
    Environments.open({
      file: jsonFile({
        path: path(),
        schema: EnvironmentsDocument,
        empty: { version: 1, environments: [] },
        notice: (text) => notices.push(text),
      }),
      secrets: new Secrets(keyStore, variables),
      declared: [],
      sandbox: [],
    })

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'queuescope-environments-'))
    notices.length = 0
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('saves, replaces and removes, and keeps it over a start', async () => {
    const environments = await open()
    const saved = await environments.save(null, input())
    await environments.save(saved.id, input({ database: 3 }))
    expect((await open()).list()).toMatchObject([
      { id: saved.id, name: 'local', database: 3, origin: 'saved', effectiveTier: 'dev' },
    ])
    await environments.remove(saved.id)
    expect((await open()).list()).toEqual([])
    expect(() => environments.get(saved.id)).toThrow(/not known/)
  })

  it('counts an unlabelled host that is not loopback as production', async () => {
    const environments = await open()
    const topology = { kind: 'single', host: 'redis.internal', port: 6379 } as const
    expect(await environments.save(null, input({ topology }))).toMatchObject({
      tier: null,
      effectiveTier: 'production',
    })
    expect(await environments.save(null, input({ name: 'said', topology, tier: 'staging' }))).toMatchObject({
      effectiveTier: 'staging',
    })
    await expect(
      environments.save(null, input({ name: 'loose', topology, tls: { enabled: true, caFile: null, verify: false } })),
    ).rejects.toMatchObject({ code: 'tls' })
  })

  it('never writes a session secret, and forgets it with the session', async () => {
    const environments = await open()
    const saved = await environments.save(null, input({ password: { kind: 'session', value: 'canary-4711' } }))
    expect(saved.password).toEqual({ kind: 'session', set: true, reference: null })
    expect(await environments.password(saved.id)).toBe('canary-4711')
    expect(JSON.stringify(environments.list())).not.toContain('canary')
    expect(await readFile(path(), 'utf8')).not.toContain('canary')
    const later = await open()
    expect(later.get(saved.id).password.set).toBe(false)
    await expect(later.password(saved.id)).rejects.toMatchObject({ code: 'auth' })
  })

  it('keeps a secret that was not touched', async () => {
    const environments = await open()
    const saved = await environments.save(null, input({ password: { kind: 'session', value: 'a' } }))
    await environments.save(saved.id, input({ name: 'renamed', password: { kind: 'keep' } }))
    expect(await environments.password(saved.id)).toBe('a')
    await environments.save(saved.id, input({ name: 'renamed', password: { kind: 'none' } }))
    expect(await environments.password(saved.id)).toBeNull()
  })

  it('reads a variable and a file that only its owner may read', async () => {
    const environments = await open(undefined, { REDIS_PASSWORD: 'from-env' })
    const byVariable = await environments.save(null, input({ password: { kind: 'env', name: 'REDIS_PASSWORD' } }))
    expect(await environments.password(byVariable.id)).toBe('from-env')
    const missing = await environments.save(null, input({ name: 'm', password: { kind: 'env', name: 'NOT_SET' } }))
    await expect(environments.password(missing.id)).rejects.toThrow(/NOT_SET is not set/)

    const secret = join(folder, 'secret')
    await writeFile(secret, 'from-file\n', { mode: 0o600 })
    const byFile = await environments.save(null, input({ name: 'f', password: { kind: 'file', path: secret } }))
    expect(await environments.password(byFile.id)).toBe('from-file')
    await chmod(secret, 0o644)
    await expect(environments.password(byFile.id)).rejects.toThrow(/Others may read/)
    await rm(secret)
    await expect(environments.password(byFile.id)).rejects.toThrow(/cannot be read/)
  })

  it('stores ciphertext only, and refuses where there is no real store', async () => {
    const store: KeyStore = {
      availability: async () => ({ available: true, reason: null }),
      encrypt: async (text) => Buffer.from(text).toString('hex'),
      decrypt: async (ciphertext) => Buffer.from(ciphertext, 'hex').toString(),
    }
    const environments = await open(store)
    const saved = await environments.save(null, input({ password: { kind: 'stored', value: 'canary-0815' } }))
    expect(await readFile(path(), 'utf8')).not.toContain('canary')
    expect(await (await open(store)).password(saved.id)).toBe('canary-0815')
    await expect(
      (await open()).save(null, input({ name: 'x', password: { kind: 'stored', value: 'y' } })),
    ).rejects.toMatchObject({ code: 'unsupported', message: 'no store here' })
  })

  it('keeps a damaged file aside and says so', async () => {
    await writeFile(path(), '{"version": 1, "environments": [{')
    expect((await open()).list()).toEqual([])
    expect(notices).toEqual([expect.stringMatching(/kept aside/)])
    expect((await readdir(folder)).filter((name) => name.includes('damaged'))).toHaveLength(1)
  })

  it('refuses a second environment of the same name', async () => {
    const environments = await open()
    await environments.save(null, input())
    await expect(environments.save(null, input())).rejects.toMatchObject({ code: 'conflict' })
  })
})
