import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startRedis, type TestRedis } from './brokers/testing/redis-server'
import { startConsoleRig, stateOf } from './testing/console-rig'

const canary = 'canary-7f3a/+ä'

/** The forms in which a secret could hide. */
const forms = [
  canary,
  encodeURIComponent(canary),
  Buffer.from(canary).toString('base64'),
  Buffer.from(canary).toString('hex'),
  JSON.stringify(canary).slice(1, -1),
]

async function expectNowhere(folder: string, told: readonly unknown[]): Promise<void> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const contents = await Promise.all(
    files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), 'latin1')),
  )
  const all = [
    ...contents,
    ...told.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))),
    process.title,
    process.argv.join(' '),
  ]
  for (const form of forms) expect(all.filter((text) => text.includes(form))).toEqual([])
}

describe('a secret', () => {
  let redis: TestRedis
  let folder: string
  beforeEach(async () => {
    redis = await startRedis(['--requirepass', canary])
    folder = await mkdtemp(join(tmpdir(), 'queuescope-secrets-'))
  })
  afterEach(async () => {
    await redis.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('connects, and stands nowhere: not in a file, a log line or an answer', async () => {
    const rig = await startConsoleRig({ dataFolder: folder })
    const environment = await rig.connect(redis.port, { password: { kind: 'session', value: canary } })
    const told = [
      environment,
      await rig.client.environments.watch().then((stream) => stream.next()),
      await rig.client.activity.list({ before: null, limit: 50 }),
      await rig.client.system.info(),
    ]
    await rig.close()
    await expectNowhere(folder, [...told, ...rig.lines])
  })

  it('stands nowhere when it is wrong, when the server goes, and when the input is bad', async () => {
    const rig = await startConsoleRig({ dataFolder: folder })
    const input = {
      name: 'wrong',
      kind: 'redis' as const,
      tier: 'dev' as const,
      topology: { kind: 'single' as const, host: '127.0.0.1', port: redis.port },
      database: 0,
      username: 'nobody',
      tls: { enabled: false, caFile: null, verify: true },
      password: { kind: 'session' as const, value: `${canary}${canary}` },
    }
    const told: unknown[] = []
    told.push(await rig.client.environments.test({ id: null, environment: input }))
    const saved = await rig.client.environments.save({ id: null, environment: input })
    const ending = new AbortController()
    const feed = await rig.client.queues.feed({ environmentId: saved.id }, { signal: ending.signal })
    void feed.next().catch(() => {})
    told.push(await stateOf(rig.client, saved.id, (state) => state.trouble?.code === 'auth'))
    await redis.kill()
    told.push(
      await rig.client.environments.test({ id: saved.id, environment: { ...input, password: { kind: 'keep' } } }),
    )
    const refused = await rig.client.environments
      .save({ id: null, environment: { ...input, name: '', password: input.password } })
      .catch((error: Error) => error)
    told.push(refused, String(refused), (refused as Error).stack)
    ending.abort()
    await rig.close()
    await expectNowhere(folder, [...told, ...rig.lines])
  })

  it('is read from a variable that a declared environment names', async () => {
    const path = join(folder, 'declared.json')
    await writeFile(
      path,
      JSON.stringify([
        {
          name: 'billing',
          kind: 'redis',
          tier: 'staging',
          url: `redis://127.0.0.1:${redis.port}/0`,
          password: 'env:BILLING_PASSWORD',
        },
      ]),
    )
    const home = join(folder, 'home')
    const rig = await startConsoleRig({
      dataFolder: home,
      variables: { QUEUESCOPE_ENVIRONMENTS: path, BILLING_PASSWORD: canary },
    })
    const ending = new AbortController()
    const feed = await rig.client.queues.feed({ environmentId: 'declared-billing' }, { signal: ending.signal })
    void feed.next().catch(() => {})
    const state = await stateOf(rig.client, 'declared-billing', ({ phase }) => phase === 'connected')
    const { value } = await rig.client.environments.watch().then((stream) => stream.next())
    await expect(rig.client.environments.remove({ environmentId: 'declared-billing' })).rejects.toMatchObject({
      data: { code: 'unsupported' },
    })
    ending.abort()
    await rig.close()
    await expectNowhere(home, [state, value, ...rig.lines])
  })
})
