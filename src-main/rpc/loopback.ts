import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex as NodeDuplex } from 'node:stream'
import type { StandardHandler } from '@orpc/server/standard'
import type { Carrier } from '@shared/rpc/duplex'
import { type SocketLike, webSocketCarrier } from '@shared/rpc/web-socket'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Clock } from '../runtime/clock'
import type { ConsoleContext } from './api'
import type { Login } from './login'
import { type RequestFacts, refuseRequest, refuseUpgrade } from './request-checks'
import { securityHeaders } from './security-headers'
import { defaultLimits, serve } from './serve'
import { findStatic, type StaticFiles } from './static-files'

export interface LoopbackOptions {
  /** 0 for any free one. */
  readonly port: number
  readonly files: StaticFiles
  readonly handler: StandardHandler<ConsoleContext>
  readonly login: Login
  readonly clock: Clock
}

export interface Loopback {
  readonly port: number
  close(): Promise<void>
}

/** Sockets at once, and how long one may stay silent before it says who it is. Milliseconds. */
const socketLimit = 8
const firstFrameMs = 2_000
/** A reader this far behind is dropped rather than fed from memory. Bytes. */
const bufferLimit = 16 * 1024 * 1024

/** Close codes that the page understands. */
const notAdmitted = 4401
const tooSlow = 4408

/**
 * The browser shell's server: 127.0.0.1 only, a fixed set of files by GET, and one WebSocket behind a first frame that
 * proves who is there. Everything that changes anything goes over that socket.
 */
export async function startLoopback({
  port: wanted,
  files,
  handler,
  login,
  clock,
}: LoopbackOptions): Promise<Loopback> {
  const server = createServer({
    headersTimeout: 5_000,
    requestTimeout: 10_000,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: 16_384,
  })
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: defaultLimits.frameBytes,
  })
  const open = new Set<Socket>()

  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  server.on('request', (request, response) => answer(request, response, files, portOf()))
  server.on('upgrade', (request, stream: NodeDuplex, head) => {
    const refused = sockets.clients.size >= socketLimit ? 503 : refuseUpgrade(factsOf(request), portOf())
    if (refused !== undefined) {
      stream.end(`HTTP/1.1 ${refused} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, stream, head, (socket) => admit(socket))
  })

  const admit = (socket: WebSocket) => {
    socket.on('error', () => socket.terminate())
    const cancel = clock.after(firstFrameMs, () => socket.close(notAdmitted, 'nothing was said'))
    socket.once('close', cancel)
    socket.once('message', (data, isBinary) => {
      cancel()
      const token = isBinary ? undefined : login.admit(String(data))
      if (token === undefined) {
        socket.close(notAdmitted, 'not admitted')
        return
      }
      socket.send(JSON.stringify({ token }))
      serve(boundedCarrier(socket), handler, {})
    })
  }

  const portOf = () => (server.address() as AddressInfo | null)?.port ?? 0
  server.listen(wanted, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: portOf(),
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      server.close()
      for (const socket of open) socket.destroy()
      if (server.listening) await once(server, 'close')
    },
  }
}

function boundedCarrier(socket: WebSocket): Carrier {
  const carrier = webSocketCarrier(socket as unknown as SocketLike)
  return {
    ...carrier,
    send(frame) {
      if (socket.bufferedAmount > bufferLimit) socket.close(tooSlow, 'the page does not keep up')
      else carrier.send(frame)
    },
  }
}

function answer(request: IncomingMessage, response: ServerResponse, files: StaticFiles, port: number): void {
  const facts = factsOf(request)
  const headers = securityHeaders(`ws://${request.headers.host ?? '127.0.0.1'}/rpc`)
  const end = (status: number, more: Record<string, string> = {}, body?: Uint8Array) => {
    response.writeHead(status, { ...headers, ...more })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  const refused = refuseRequest(facts, port)
  if (refused !== undefined) {
    response.writeHead(refused, securityHeaders("'none'"))
    response.end()
  } else if (facts.method !== 'GET' && facts.method !== 'HEAD') {
    end(405, { allow: 'GET, HEAD' })
  } else {
    const file = findStatic(files, facts.path)
    if (file) end(200, { 'content-type': file.type, 'content-length': String(file.body.byteLength) }, file.body)
    else end(404)
  }
}

const factsOf = (request: IncomingMessage): RequestFacts => ({
  method: request.method ?? '',
  path: (request.url ?? '').split('?', 1)[0] ?? '',
  headers: request.headers,
  rawHeaders: request.rawHeaders,
})
