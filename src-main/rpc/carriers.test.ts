import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { MessageChannel } from 'node:worker_threads'
import { createORPCClient, ORPCError, safe } from '@orpc/client'
import { type ContractRouterClient, eventIterator, oc } from '@orpc/contract'
import { implement, withEventMeta } from '@orpc/server'
import { StandardRPCHandler } from '@orpc/server/standard'
import { Failure } from '@shared/failure'
import { Trouble } from '@shared/model/environment'
import { type Carrier, duplexWindow } from '@shared/rpc/duplex'
import { duplexLink } from '@shared/rpc/link'
import { type DomLikePort, messagePortCarrier } from '@shared/rpc/message-port'
import { type SocketLike, webSocketCarrier } from '@shared/rpc/web-socket'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { failureBoundary } from './failure-boundary'
import { type ServeLimits, serve } from './serve'

const contract = {
  get: oc
    .errors({ FAILURE: { status: 400, data: Trouble } })
    .input(z.object({ name: z.string() }))
    .output(z.object({ name: z.string(), depth: z.bigint(), at: z.date() })),
  count: oc.output(z.number()),
  watch: oc.input(z.object({ from: z.number(), to: z.number() })).output(eventIterator(z.object({ seq: z.number() }))),
}

/** A router that counts what it does, so that the tests can ask. */
function counted() {
  const counters = { open: 0, produced: 0, calls: 0 }
  const os = implement(contract).$context<Record<never, never>>()
  const router = os.use(failureBoundary(() => {})).router({
    get: os.get.handler(({ input }) => {
      if (input.name === 'missing')
        throw new Failure({ code: 'not-found', message: 'no queue "missing"', hint: 'check the name' })
      if (input.name === 'bug') throw new Error('secret internals')
      return { name: input.name, depth: 2n ** 53n + 1n, at: new Date(1) }
    }),
    count: os.count.handler(() => ++counters.calls),
    watch: os.watch.handler(async function* ({ input, lastEventId }) {
      counters.open += 1
      try {
        for (let seq = lastEventId === undefined ? input.from : Number(lastEventId) + 1; seq < input.to; seq += 1) {
          counters.produced += 1
          yield withEventMeta({ seq }, { id: String(seq) })
        }
      } finally {
        counters.open -= 1
      }
    }),
  })
  return { counters, handler: new StandardRPCHandler(router, {}) }
}

interface Rig {
  open(): Promise<Carrier>
  /** Cuts the newest connection, as a crash of the other side would. */
  cut(): void
  close(): void
}

type Serve = (carrier: Carrier) => { close(): void }

function overPorts(serveOn: Serve): Rig {
  const served: { close(): void }[] = []
  return {
    async open() {
      const { port1, port2 } = new MessageChannel()
      served.push(serveOn(messagePortCarrier(port1 as unknown as DomLikePort)))
      return messagePortCarrier(port2 as unknown as DomLikePort)
    },
    cut: () => served.at(-1)?.close(),
    close: () => {
      for (const each of served) each.close()
    },
  }
}

async function overSockets(serveOn: Serve): Promise<Rig> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  await once(server, 'listening')
  server.on('connection', (socket) => serveOn(webSocketCarrier(socket as unknown as SocketLike)))
  const { port } = server.address() as AddressInfo
  return {
    async open() {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`)
      await once(socket, 'open')
      return webSocketCarrier(socket as unknown as SocketLike)
    },
    cut: () => {
      for (const socket of server.clients) socket.terminate()
    },
    close: () => {
      for (const socket of server.clients) socket.terminate()
      server.close()
    },
  }
}

describe.each([
  ['MessagePort', async (serveOn: Serve) => overPorts(serveOn)],
  ['WebSocket', overSockets],
] as const)('the contract over a %s', (_name, rigOf) => {
  const closing: (() => void)[] = []
  afterEach(() => {
    for (const close of closing.splice(0)) close()
  })

  async function start(limits?: ServeLimits) {
    const { counters, handler } = counted()
    const rig = await rigOf((carrier) => serve(carrier, handler, {}, limits))
    closing.push(rig.close)
    const link = duplexLink({ open: rig.open, isStream: (path) => path.at(-1) === 'watch', retryDelayMs: 10 })
    return { counters, rig, client: createORPCClient<ContractRouterClient<typeof contract>>(link) }
  }

  it('answers a query with types that JSON does not have', async () => {
    const { client } = await start()
    expect(await client.get({ name: 'q' })).toEqual({ name: 'q', depth: 9007199254740993n, at: new Date(1) })
  })

  it('runs a command once', async () => {
    const { client, counters } = await start()
    expect(await client.count()).toBe(1)
    expect(counters.calls).toBe(1)
  })

  it('carries a Failure as a typed error', async () => {
    const { client } = await start()
    const { error, isDefined } = await safe(client.get({ name: 'missing' }))
    expect(isDefined).toBe(true)
    expect(error).toMatchObject({
      code: 'FAILURE',
      data: { code: 'not-found', message: 'no queue "missing"', hint: 'check the name' },
    })
  })

  it('masks an internal error', async () => {
    const { client } = await start()
    const { error } = await safe(client.get({ name: 'bug' }))
    expect(error).toBeInstanceOf(ORPCError)
    expect((error as ORPCError<string, unknown>).code).toBe('INTERNAL_SERVER_ERROR')
    expect(JSON.stringify(error) + String(error)).not.toContain('secret')
  })

  it('rejects input that the schema does not allow', async () => {
    const { client } = await start()
    const { error } = await safe(client.get({ name: 5 as unknown as string }))
    expect(error).toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('streams in order and leaves nothing open', async () => {
    const { client, counters } = await start()
    const seen: number[] = []
    for await (const item of await client.watch({ from: 0, to: 500 })) seen.push(item.seq)
    expect(seen).toEqual(Array.from({ length: 500 }, (_, index) => index))
    await vi.waitFor(() => expect(counters.open).toBe(0))
  })

  it('ends a stream when the reader breaks off', async () => {
    const { client, counters } = await start()
    for await (const item of await client.watch({ from: 0, to: 1e9 })) if (item.seq === 20) break
    await vi.waitFor(() => expect(counters.open).toBe(0))
  })

  it('ends a stream by signal', async () => {
    const { client, counters } = await start()
    const ending = new AbortController()
    const stream = await client.watch({ from: 0, to: 1e9 }, { signal: ending.signal })
    await stream.next()
    ending.abort()
    await vi.waitFor(() => expect(counters.open).toBe(0))
  })

  it('produces at most one window for a frozen reader', async () => {
    const { counters, handler } = counted()
    const sent: string[] = []
    let deliver: (frame: unknown) => void = () => {}
    const frozen: Carrier = {
      send: (frame) => sent.push(frame),
      onFrame: (listener) => {
        deliver = listener
      },
      onClose: () => {},
      close: () => {},
    }
    const served = serve(frozen, handler, {})
    deliver(JSON.stringify({ i: '1', p: { u: '/watch', b: { json: { from: 0, to: 1e9 } } } }))
    await vi.waitFor(() => expect(sent.length).toBe(duplexWindow))
    // One more may have been made and be waiting for credit.
    expect(counters.produced).toBeLessThanOrEqual(duplexWindow + 1)
    served.close()
    await vi.waitFor(() => expect(counters.open).toBe(0))
  })

  it('subscribes again after a loss, without gaps or duplicates, and never repeats a command', async () => {
    const { client, counters, rig } = await start()
    const seen: number[] = []
    for await (const item of await client.watch({ from: 0, to: 1_000 })) {
      seen.push(item.seq)
      if (item.seq === 300 || item.seq === 700) rig.cut()
    }
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, index) => index))
    expect(await client.count()).toBe(1)
    await vi.waitFor(() => expect(counters.open).toBe(0))
  })

  it('answers what is over the limits and goes on', async () => {
    const { client } = await start({ requestsPerSecond: 5, inFlight: 64, frameBytes: 1_000 })
    const answers = await Promise.all(Array.from({ length: 20 }, () => safe(client.count())))
    const refused = answers.filter(
      ({ error }) => (error as ORPCError<string, unknown> | null)?.code === 'TOO_MANY_REQUESTS',
    )
    expect(refused).toHaveLength(15)
    await vi.waitFor(async () => expect((await safe(client.count())).error).toBeNull())
  })
})
