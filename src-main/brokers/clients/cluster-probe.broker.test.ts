import type { Profile } from '@shared/model/environment'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../runtime/clock'
import { testConnection } from '../test-connection'
import { freePort, startRedis, type TestRedis } from '../testing/redis-server'

const started: TestRedis[] = []
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop()
})

async function start(args: readonly string[]): Promise<TestRedis> {
  const server = await startRedis(args)
  started.push(server)
  return server
}

/** A node with every slot that tells others to come to an address which does not lead to it. */
async function hiddenCluster(announced: readonly string[]): Promise<TestRedis> {
  const bus = String(await freePort())
  const server = await start(['--cluster-enabled', 'yes', '--cluster-port', bus, ...announced])
  const admin = new Redis(server.port)
  await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  await vi.waitFor(async () => expect(await admin.call('CLUSTER', 'INFO')).toContain('cluster_state:ok'), 10_000)
  admin.disconnect()
  return server
}

const profile = (port: number): Profile => ({
  name: 'jobs',
  tier: 'dev',
  kind: 'redis',
  topology: { kind: 'cluster', nodes: [{ host: '127.0.0.1', port }] },
  database: 0,
  username: null,
  tls: { enabled: false, caFile: null, verify: true },
})

const tested = (port: number) => testConnection(profile(port), async () => null, systemClock)

describe('a cluster that cannot be used', () => {
  it('because its nodes name addresses that lead nowhere from here, is told by those', async () => {
    const port = await freePort()
    const server = await hiddenCluster(['--cluster-announce-ip', '127.0.0.1', '--cluster-announce-port', String(port)])
    expect(await tested(server.port)).toMatchObject({
      ok: false,
      trouble: {
        code: 'unreachable',
        message: `127.0.0.1:${server.port} answers, but its cluster names nodes that cannot be reached from here: 127.0.0.1:${port}.`,
        hint: expect.stringContaining('cluster-announce-ip'),
      },
    })
  }, 30_000)

  it('because it is none, is told as that', async () => {
    const server = await start([])
    expect(await tested(server.port)).toMatchObject({
      ok: false,
      trouble: {
        message: `127.0.0.1:${server.port} answers, and is no cluster.`,
        hint: expect.stringContaining('single server'),
      },
    })
  }, 30_000)

  it('because nobody listens, or a password is missing, is told as of any Redis', async () => {
    const port = await freePort()
    expect(await tested(port)).toMatchObject({
      ok: false,
      trouble: { code: 'unreachable', message: `Nothing listens on 127.0.0.1:${port}.` },
    })
    const server = await hiddenCluster(['--cluster-announce-ip', '127.0.0.1'])
    const admin = new Redis(server.port)
    await admin.config('SET', 'requirepass', 's3cret')
    admin.disconnect()
    expect(await tested(server.port)).toMatchObject({
      ok: false,
      trouble: { code: 'auth', message: `127.0.0.1:${server.port} wants a password.` },
    })
  }, 30_000)
})
