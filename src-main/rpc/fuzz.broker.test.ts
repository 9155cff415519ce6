import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { MessageChannel } from 'node:worker_threads'
import type { StandardHandler } from '@orpc/server/standard'
import type { Carrier } from '@shared/rpc/duplex'
import { type DomLikePort, messagePortCarrier } from '@shared/rpc/message-port'
import { type SocketLike, webSocketCarrier } from '@shared/rpc/web-socket'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { startRedis, type TestRedis } from '../brokers/testing/redis-server'
import { type ConsoleRig, startConsoleRig } from '../testing/console-rig'
import type { ConsoleContext } from './api'
import { defaultLimits, serve } from './serve'

const perCarrier = 50_000
/** Frames on one connection; the next ones go over a fresh one, so that what streams opened ends too. */
const perConnection = 2_500
const limits = { ...defaultLimits, requestsPerSecond: 10_000_000, inFlight: 10_000 }

const methods = [
  'system/info',
  'system/preferences',
  'environments/save',
  'environments/remove',
  'environments/unlock',
  'environments/lock',
  'queues/history',
  'queues/capabilities',
  'queues/pause',
  'queues/resume',
  'messages/browse',
  'messages/inspect',
  'messages/causes',
  'messages/ofCause',
  'messages/send',
  'messages/states',
  'plans/prepare',
  'plans/commit',
  'plans/pause',
  'plans/stop',
  'activity/list',
]

const knownCodes = [
  'BAD_REQUEST',
  'NOT_FOUND',
  'FAILURE',
  'TOO_MANY_REQUESTS',
  'PAYLOAD_TOO_LARGE',
  'METHOD_NOT_SUPPORTED',
]

/** Values near what the schemas want, and far from it. */
const nearly = fc.oneof(
  { weight: 4, arbitrary: fc.anything({ maxDepth: 3, withBigInt: false, withDate: true, withNullPrototype: true }) },
  {
    weight: 6,
    arbitrary: fc.record(
      {
        environmentId: fc.oneof(fc.string(), fc.constantFrom('sandbox', '__proto__', 'constructor', '../..')),
        queue: fc.oneof(
          fc.string(),
          fc.constantFrom('engine/qe/webhooks', 'bullmq/bull/mail', 'engine//', '__proto__/a/b', 'engine/%E0%A4%A/x'),
        ),
        id: fc.oneof(fc.string(), fc.integer(), fc.constant('9223372036854775807')),
        state: fc.constantFrom('ready', 'dead', 'gone', '__proto__'),
        cursor: fc.oneof(fc.string(), fc.constant(null)),
        limit: fc.oneof(fc.integer(), fc.double(), fc.constant(Number.POSITIVE_INFINITY)),
        ids: fc.array(fc.string(), { maxLength: 3 }),
        ticket: fc.string(),
        typedName: fc.oneof(fc.string(), fc.constant(null)),
        action: fc.record({ kind: fc.constantFrom('purge', 'replay', 'undo', 'drop'), runId: fc.string() }),
        selection: fc.anything({ maxDepth: 2 }),
        bodies: fc.array(fc.string(), { maxLength: 2 }),
        before: fc.oneof(fc.integer(), fc.constant(null)),
        from: fc.double(),
        to: fc.double(),
        points: fc.integer(),
        runId: fc.string(),
        __proto__: fc.anything({ maxDepth: 1 }),
      },
      { requiredKeys: [] },
    ),
  },
)

const deep = '['.repeat(10_000) + ']'.repeat(10_000)

const readsOfQueues = [
  'queues/history',
  'queues/capabilities',
  'messages/browse',
  'messages/inspect',
  'messages/causes',
  'messages/ofCause',
  'messages/states',
  'plans/prepare',
]

/** One frame; `@` stands where its id goes. What names the real environment only reads. */
const frameOn = (environmentId: string) =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(fc.constantFrom(...readsOfQueues), nearly).map(([method, json]) =>
        text({
          i: '@',
          p: { u: `/${method}`, b: { json: { ...(json as object), environmentId, queue: 'bullmq/bull/mail' } } },
        }),
      ),
    },

    { weight: 1, arbitrary: fc.string() },
    { weight: 1, arbitrary: fc.json() },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        '{',
        'null',
        '[]',
        '{"i":"@"}',
        '{"i":"@","t":3,"p":{}}',
        '{"__proto__":{"i":"@"}}',
        `{"i":"@","p":{"u":"/system/info","b":${deep}}}`,
        `{"i":"@","p":{"u":"/queues/pause","b":{"json":${deep}}}}`,
        '{"i":"@","p":{"u":"/system/info","h":{"content-type":"text/event-stream"}}}',
        '{"i":"@","p":{"u":"http://evil/","b":1}}',
        '{"i":"@","p":{"u":"/constructor/prototype"}}',
      ),
    },
    {
      weight: 2,
      arbitrary: fc
        .string({ maxLength: 30 })
        .map((path) => JSON.stringify({ i: '@', p: { u: `/${path}`, b: { json: {} } } })),
    },
    {
      weight: 8,
      arbitrary: fc
        .tuple(fc.constantFrom(...methods), nearly, fc.anything({ maxDepth: 1 }))
        .map(([method, json, meta]) => text({ i: '@', p: { u: `/${method}`, b: { json, meta } } })),
    },
    {
      weight: 8,
      arbitrary: fc
        .tuple(fc.constantFrom(...methods), nearly)
        .map(([method, json]) => text({ i: '@', p: { u: `/${method}`, b: { json } } })),
    },
  )

function text(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch {
    return '{"i":"@"}'
  }
}

type Open = (handler: StandardHandler<ConsoleContext>) => Promise<{ carrier: Carrier; close(): void }>

const overPort: Open = async (handler) => {
  const { port1, port2 } = new MessageChannel()
  const served = serve(messagePortCarrier(port1 as unknown as DomLikePort), handler, {}, limits)
  return { carrier: messagePortCarrier(port2 as unknown as DomLikePort), close: () => served.close() }
}

const overSocket: Open = async (handler) => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  server.on('connection', (socket) => serve(webSocketCarrier(socket as unknown as SocketLike), handler, {}, limits))
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  await once(socket, 'open')
  return {
    carrier: webSocketCarrier(socket as unknown as SocketLike),
    close: () => {
      socket.terminate()
      server.close()
    },
  }
}

describe('fuzzed frames', () => {
  let redis: TestRedis
  let raw: Redis
  let rig: ConsoleRig
  let environmentId: string
  beforeAll(async () => {
    redis = await startRedis()
    raw = new Redis(redis.port, '127.0.0.1')
    await raw.hset('bull:mail:meta', 'opts.maxLenEvents', '10000', 'version', 'bullmq:6.7.0')
    rig = await startConsoleRig()
    environmentId = (await rig.connect(redis.port)).id
  })
  afterAll(async () => {
    await rig.close()
    raw.disconnect()
    await redis.stop()
  })

  it.each([
    ['MessagePort', overPort],
    ['WebSocket', overSocket],
  ] as const)(
    `answers ${perCarrier.toLocaleString('en-US')} of them over a %s with typed errors, and writes nothing`,
    async (_name, open) => {
      const rejections: unknown[] = []
      const onRejection = (reason: unknown) => rejections.push(reason)
      process.on('unhandledRejection', onRejection)
      const changesBefore = (await raw.info('persistence')).match(/rdb_changes_since_last_save:(\d+)/)?.[1]
      const heapBefore = process.memoryUsage().heapUsed
      const seed = Number(process.env.QUEUESCOPE_SEED ?? Date.now())
      const codes = new Map<string, number>()
      for (let done = 0; done < perCarrier; done += perConnection) {
        const frames = fc.sample(frameOn(environmentId), { numRuns: perConnection, seed: seed + done })
        await exchange(await open(rig.handler), frames, codes)
      }
      process.off('unhandledRejection', onRejection)
      expect(rig.lines.slice(0, 3), `seed ${seed}`).toEqual([])
      expect(rejections, `seed ${seed}`).toEqual([])
      expect(
        [...codes.keys()].filter((code) => !knownCodes.includes(code)),
        `seed ${seed}`,
      ).toEqual([])
      expect(codes.get('BAD_REQUEST') ?? 0).toBeGreaterThan(perCarrier / 10)
      expect((await raw.info('persistence')).match(/rdb_changes_since_last_save:(\d+)/)?.[1]).toBe(changesBefore)
      expect(({} as Record<string, unknown>).i).toBeUndefined()
      globalThis.gc?.()
      expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(250 * 1024 * 1024)
      expect(await rig.client.system.info()).toMatchObject({ shell: 'browser' })
    },
    120_000,
  )
})

/** Sends all, and waits until each was answered: by its id, or by a refusal that names none. */
async function exchange(
  { carrier, close }: Awaited<ReturnType<Open>>,
  frames: readonly string[],
  codes: Map<string, number>,
): Promise<void> {
  let answers = 0
  let acknowledged = 0
  let expected = 0
  const answered = new Set<string>()
  const count = (code: string) => codes.set(code, (codes.get(code) ?? 0) + 1)
  await new Promise<void>((resolve, reject) => {
    carrier.onClose(() => reject(new Error('the core closed the connection')))
    carrier.onFrame((received) => {
      const said = String(received)
      if (said.startsWith('#')) return
      if (said.startsWith('!')) {
        answers += 1
        count((JSON.parse(said.slice(1)) as { code: string }).code)
      } else {
        const { i, p } = JSON.parse(said) as { i: string; p: { s?: number; b?: { json?: { code?: string } } } }
        // What a reader of a stream would do: give credit, so that the writer goes on.
        acknowledged += 1
        if (acknowledged % 32 === 0) carrier.send('#32')
        if (answered.has(i)) return
        answered.add(i)
        answers += 1
        if (p.s !== undefined && p.s >= 400) count(p.b?.json?.code ?? `untyped ${p.s}`)
      }
      if (answers >= expected) resolve()
    })
    const sent = frames
      .map((each, index) => each.replaceAll('@', `f${index}`))
      .filter((each) => !each.startsWith('#') && !each.startsWith('!'))
    expected = sent.length
    for (const each of sent) carrier.send(each)
  })
  close()
}
