import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freePort, startRedis, type TestRedis } from '../brokers/testing/redis-server'
import { Engine } from './engine'

let server: TestRedis
let side: Redis

beforeAll(async () => {
  server = await startRedis(['--appendonly', 'yes', '--appendfsync', 'everysec'])
  side = new Redis({ port: server.port, host: '127.0.0.1' })
})

afterAll(async () => {
  side.disconnect()
  await server.stop()
})

const until = (check: () => Promise<void> | void, timeout = 15_000) => vi.waitFor(check, { timeout, interval: 20 })

describe('opening an engine', () => {
  it('says what the server keeps and what could be lost', async () => {
    const engine = await Engine.open({ redis: { port: server.port } })
    expect(engine.durability).toEqual({
      facts: {
        server: expect.stringMatching(/^(Redis|Valkey) \d+\.\d+\.\d+$/),
        role: 'master',
        appendonly: 'yes',
        appendfsync: 'everysec',
        save: '',
        maxmemoryPolicy: 'noeviction',
        replicas: 0,
        minReplicasToWrite: 0,
      },
      words: [expect.stringMatching(/everysec/), expect.stringMatching(/no replica/)],
    })
    expect(engine.abilities.delay).toMatchObject({ answer: 'yes' })
    expect(engine.abilities.fanOut).toMatchObject({ answer: 'no', reason: expect.any(String) })
    await engine.close()
    await engine.close()
  })

  it('says unknown where the user may not ask', async () => {
    await side.call('ACL', 'SETUSER', 'app', 'on', '>pw', '~*', '&*', '+@all', '-config', '-info', '-role')
    const engine = await Engine.open({ redis: { port: server.port, username: 'app', password: 'pw' } })
    expect(engine.durability?.facts).toMatchObject({ server: 'unknown', appendonly: 'unknown', replicas: 'unknown' })
    expect(engine.durability?.words.every((words) => words.includes('unknown'))).toBe(true)
    await engine.queue<number>('unknown').enqueue(1)
    await engine.close()
    await side.call('ACL', 'SETUSER', 'app', '+info')
    const some = await Engine.open({ redis: { port: server.port, username: 'app', password: 'pw' } })
    expect(some.durability?.facts).toMatchObject({
      appendonly: 'yes',
      appendfsync: 'unknown',
      maxmemoryPolicy: 'noeviction',
    })
    await some.close()
  })

  it('refuses a server that evicts any key, unless told otherwise, and explains one that evicts some', async () => {
    await side.config('SET', 'maxmemory-policy', 'allkeys-lru')
    await expect(Engine.open({ redis: { port: server.port } })).rejects.toMatchObject({
      code: 'broker-state',
      subject: 'maxmemory-policy',
    })
    const bold = await Engine.open({ redis: { port: server.port }, allowEviction: true })
    expect(bold.durability?.words.at(-1)).toMatch(/without a trace/)
    await bold.close()
    await side.config('SET', 'maxmemory-policy', 'volatile-lru')
    const engine = await Engine.open({ redis: { port: server.port } })
    expect(engine.durability?.words.at(-1)).toMatch(/volatile-lru.*duplicates/)
    await engine.close()
    await side.config('SET', 'maxmemory-policy', 'noeviction')
  })

  it('says why it cannot', async () => {
    const port = await freePort()
    await expect(Engine.open({ redis: { port } })).rejects.toMatchObject({ code: 'unreachable' })
    await expect(
      Engine.open({ redis: { port: server.port, username: 'nobody', password: 'x' } }),
    ).rejects.toMatchObject({ code: 'auth' })
    const nowhere = [{ host: '127.0.0.1', port }]
    await expect(Engine.open({ redis: { cluster: nowhere } })).rejects.toMatchObject({ code: 'unreachable' })
    await expect(Engine.open({ redis: { url: 'http://x' } })).rejects.toMatchObject({ code: 'bad-input' })
    await expect(Engine.open({ redis: { url: 'redis://x/y' } })).rejects.toMatchObject({ code: 'bad-input' })
  })

  it('lets nobody work with a closed one', async () => {
    const engine = await Engine.open({ redis: { port: server.port } })
    const queue = engine.queue<number>('closed')
    await engine.close()
    expect(() => engine.worker(queue, () => {})).toThrow(expect.objectContaining({ code: 'closed' }))
    await expect(queue.enqueue(1)).rejects.toMatchObject({ code: 'unreachable' })
  })
})

describe('a queue of an engine', () => {
  it('names act, queue and reason of what its broker cannot do', async () => {
    const engine = await Engine.open({ redisStreams: { port: server.port } })
    const queue = engine.queue<number>('streamed')
    const refused = (ability: 'priority' | 'ownIds' | 'groups' | 'families' | 'changePriority') => ({
      code: 'unsupported',
      subject: 'streamed',
      message: expect.stringContaining((engine.abilities[ability] as { reason: string }).reason),
    })
    await expect(queue.enqueue(1, { priority: 1 })).rejects.toMatchObject(refused('priority'))
    await expect(queue.enqueue(1, { id: 'x' })).rejects.toMatchObject(refused('ownIds'))
    await expect(queue.enqueue(1, { group: 'g' })).rejects.toMatchObject(refused('groups'))
    await expect(queue.changePriority('1', 1)).rejects.toMatchObject(refused('changePriority'))
    await expect(queue.enqueueFamily({ data: 1, children: [{ queue, data: 2 }] })).rejects.toMatchObject(
      refused('families'),
    )
    expect(() => engine.queue('other', { groupLimit: { max: 1, perMs: 1 } })).toThrow(
      expect.objectContaining({ code: 'unsupported' }),
    )
    await engine.close()
  })

  it('is worked on streams by the same calls, by each group of consumers', async () => {
    const open = (group: string) => Engine.open({ redisStreams: { port: server.port }, group })
    const engines = await Promise.all([open('mails'), open('search')])
    const seen: string[] = []
    const workers = engines.map((engine, index) =>
      engine.worker(engine.queue<string>('news', { maxAttempts: 2, retryDelaysMs: [0] }), ({ data, attempt }) => {
        if (index === 1 && attempt === 1) throw new Error('again')
        seen.push(`${index} ${data} ${attempt}`)
      }),
    )
    await engines[0]!.queue<string>('news').enqueueBatch(['a', 'b'])
    await until(() => expect(seen.sort()).toEqual(['0 a 1', '0 b 1', '1 a 2', '1 b 2']))
    await Promise.all(workers.map((worker) => worker.stop()))
    await Promise.all(engines.map((engine) => engine.close()))
  })

  it('checks its config', async () => {
    const engine = await Engine.open({ redis: { port: server.port } })
    for (const config of [
      { maxAttempts: 0 },
      { timeoutMs: 0 },
      { maxBytes: 0 },
      { keepDone: { count: 0 } },
      { limit: { max: 0, perMs: 1 } },
      { groupLimit: { max: 1, perMs: 0 } },
    ])
      expect(() => engine.queue('bad config', config)).toThrow(
        expect.objectContaining({ code: 'bad-input', subject: expect.stringContaining('bad config') }),
      )
    expect(engine.queue('known')).toBe(engine.queue('known'))
    expect(() => engine.worker(engine.queue('known'), () => {}, { leaseMs: 0 })).toThrow(/leaseMs/)
    await engine.close()
  })
})

describe('a replica', () => {
  it('is given nothing to write, and worked as soon as it is the master', async () => {
    const replica = await startRedis(['--replicaof', '127.0.0.1', String(server.port)])
    const other = new Redis({ port: replica.port, host: '127.0.0.1' })
    const engine = await Engine.open({ redis: { port: replica.port } })
    expect(engine.durability?.facts.role).toBe('replica')
    const queue = engine.queue<number>('replicated')
    const refused = { code: 'broker-state', message: expect.stringMatching(/is a replica/) }
    await expect(queue.enqueue(1)).rejects.toMatchObject(refused)
    await expect(queue.enqueueBatch([1])).rejects.toMatchObject(refused)
    await expect(queue.lease()).rejects.toMatchObject(refused)
    await expect(queue.purge('ready')).rejects.toMatchObject(refused)
    await expect(queue.dead.replay('all')).rejects.toMatchObject(refused)
    const errors: unknown[] = []
    const seen: number[] = []
    const worker = engine.worker(queue, ({ data }) => void seen.push(data), { onError: (error) => errors.push(error) })
    await until(() => expect(errors[0]).toMatchObject(refused))
    await other.call('REPLICAOF', 'NO', 'ONE')
    await until(() => queue.enqueue(7).then(() => undefined))
    await until(() => expect(seen).toEqual([7]))
    await worker.stop()
    await engine.close()
    other.disconnect()
    await replica.stop()
  })

  it('that was the master before a restart is found out when the connection is back', async () => {
    const own = await startRedis()
    const engine = await Engine.open({ redis: { port: own.port } })
    const queue = engine.queue<number>('demoted')
    await queue.enqueue(1)
    await own.kill()
    const again = await startOn(own.port, ['--replicaof', '127.0.0.1', String(server.port)])
    await until(async () =>
      expect(await queue.enqueue(2).catch((error: { message: string }) => error.message)).toMatch(/is a replica/),
    )
    await engine.close()
    await again()
    await own.stop()
  })
})

/** A server of this test's own on a port that it has used before. */
async function startOn(port: number, args: readonly string[]): Promise<() => Promise<void>> {
  // Redis takes the last of an option given twice.
  const server = await startRedis(['--port', String(port), ...args])
  return () => server.stop()
}

describe('an event bus', () => {
  it('is opened with its engine and closed with it', async () => {
    const engine = await Engine.open({ redis: { port: server.port } })
    const events = engine.events()
    const seen: unknown[] = []
    await events.subscribe<{ order: number }>('order.paid', ({ data }) => void seen.push(data), { group: 'shipping' })
    await events.publish('order.paid', { order: 7 })
    await until(() => expect(seen).toEqual([{ order: 7 }]))
    expect(await events.recent('order.paid', 5)).toMatchObject([{ data: { order: 7 } }])
    await engine.close()
  })
})
