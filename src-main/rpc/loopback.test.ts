import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createORPCClient } from '@orpc/client'
import { type ContractRouterClient, oc } from '@orpc/contract'
import { implement } from '@orpc/server'
import { StandardRPCHandler } from '@orpc/server/standard'
import { duplexLink } from '@shared/rpc/link'
import { type SocketLike, webSocketCarrier } from '@shared/rpc/web-socket'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { manualClock } from '../runtime/manual-clock'
import type { ConsoleContext } from './api'
import { Login } from './login'
import { type Loopback, startLoopback } from './loopback'

const contract = { ping: oc.output(z.string()) }
const os = implement(contract).$context<ConsoleContext>()
const files = new Map([
  ['/index.html', { body: new TextEncoder().encode('<!doctype html>'), type: 'text/html; charset=utf-8' }],
  ['/assets/a.js', { body: new TextEncoder().encode('1'), type: 'text/javascript; charset=utf-8' }],
])

describe('loopback', () => {
  const clock = manualClock()
  let login: Login
  let server: Loopback
  beforeEach(async () => {
    login = new Login(clock)
    const handler = new StandardRPCHandler(os.router({ ping: os.ping.handler(() => 'pong') }), {})
    server = await startLoopback({ port: 0, files, handler, login, clock })
  })
  afterEach(() => server.close())

  const url = (path: string) => `http://127.0.0.1:${server.port}${path}`
  const upgrade = (origin = `http://127.0.0.1:${server.port}`) =>
    new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, { origin })

  it('serves its files, each with the policy, and nothing else', async () => {
    for (const path of ['/', '/index.html', '/assets/a.js']) {
      const response = await fetch(url(path))
      expect(response.status).toBe(200)
      const policy = response.headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain(`connect-src ws://127.0.0.1:${server.port}/rpc`)
      expect(policy).not.toMatch(/unsafe|\*|https?:/)
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
    }
    for (const path of [
      '/../package.json',
      '/%2e%2e/x',
      '/assets',
      '/assets/a.js.map',
      '//index.html',
      '/INDEX.HTML',
    ]) {
      expect((await fetch(url(path))).status).toBe(404)
    }
    expect((await fetch(url('/'), { method: 'POST' })).status).toBe(405)
  })

  it('answers a call after a one-time code, and again with the token', async () => {
    const code = login.newCode()
    const token = await say(upgrade(), { code })
    expect(token).toMatch(/^[\w-]{43}$/)
    const socket = upgrade()
    await say(socket, { token })
    const client = createORPCClient<ContractRouterClient<typeof contract>>(
      duplexLink({ open: async () => webSocketCarrier(socket as unknown as SocketLike), isStream: () => false }),
    )
    expect(await client.ping()).toBe('pong')
    socket.terminate()
  })

  it('spends a code once, and lets it expire', async () => {
    const code = login.newCode()
    await say(upgrade(), { code })
    await expect(say(upgrade(), { code })).rejects.toThrow('4401')
    const late = login.newCode()
    await clock.advance(10 * 60_000)
    await expect(say(upgrade(), { code: late })).rejects.toThrow('4401')
  })

  it.each([{ token: 'wrong' }, { code: '' }, {}, 'x', { code: 'a', token: 'b' }])(
    'refuses a first frame of %j',
    async (frame) => {
      login.newCode()
      await expect(say(upgrade(), frame)).rejects.toThrow('4401')
    },
  )

  it('gives a silent socket two seconds and no byte', async () => {
    const socket = upgrade()
    const heard: unknown[] = []
    socket.on('message', (data) => heard.push(data))
    await once(socket, 'open')
    const closed = once(socket, 'close')
    await vi.waitFor(() => expect(clock.waiting).toBeGreaterThan(0))
    await clock.advance(2_000)
    expect((await closed)[0]).toBe(4401)
    expect(heard).toEqual([])
  })

  it('refuses an upgrade from another origin', async () => {
    for (const origin of ['http://evil.test', 'null']) {
      const [error] = (await once(upgrade(origin), 'error')) as [Error]
      expect(error.message).toContain('403')
    }
  })

  it('takes eight sockets and refuses the ninth', async () => {
    const eight = Array.from({ length: 8 }, () => upgrade())
    await Promise.all(eight.map((socket) => once(socket, 'open')))
    const [error] = (await once(upgrade(), 'error')) as [Error]
    expect(error.message).toContain('503')
    for (const socket of eight) socket.terminate()
  })

  it('goes on answering beside 1,000 half-open connections', async () => {
    const half: Socket[] = Array.from({ length: 1_000 }, () => connect({ host: '127.0.0.1', port: server.port }))
    await Promise.all(half.map((socket) => once(socket, 'connect')))
    for (const socket of half) {
      socket.on('error', () => {})
      socket.write('GET / HTTP/1.1\r\nHost: ')
    }
    expect((await fetch(url('/'))).status).toBe(200)
    for (const socket of half) socket.destroy()
  })

  it('drops a frame above the limit with its socket, and nobody else’s', async () => {
    const big = upgrade()
    const token = await say(big, { code: login.newCode() })
    const other = upgrade()
    await say(other, { token })
    const closed = once(big, 'close')
    big.send('x'.repeat(12 * 1024 * 1024 + 1))
    expect((await closed)[0]).toBe(1009)
    expect(other.readyState).toBe(WebSocket.OPEN)
  })
})

/** Sends a first frame; answers the token, or rejects with the close code. */
async function say(socket: WebSocket, frame: unknown): Promise<string> {
  await once(socket, 'open')
  const answered = new Promise<string>((resolve, reject) => {
    socket.once('message', (data) => resolve((JSON.parse(String(data)) as { token: string }).token))
    socket.once('close', (code) => reject(new Error(String(code))))
  })
  socket.send(JSON.stringify(frame))
  return await answered
}
