import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Where a connection breaks, seen from the server: it never hears the request, is never heard again, or is heard half. */
export type Cut = 'before-send' | 'before-reply' | 'mid-reply'

/** A loopback port in front of another one, which cuts connections where a test wants it. */
export interface TcpProxy {
  readonly port: number
  /** The next chunk towards the server that contains `marker` is where the connection is cut, once. Resolves when it was. */
  cutAt(marker: string, cut: Cut): Promise<void>
  close(): Promise<void>
}

export async function tcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let trap: { readonly marker: string; readonly cut: Cut; readonly sprung: () => void } | undefined

  const server: Server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1')
    let deaf = false
    const both = [client, upstream]
    const end = () => {
      for (const socket of both) socket.destroy()
    }
    for (const socket of both) {
      sockets.add(socket)
      socket.on('error', end)
      socket.on('close', () => {
        sockets.delete(socket)
        end()
      })
    }
    let seen = ''
    client.on('data', (chunk: Buffer) => {
      // A marker may lie across two chunks.
      seen = seen.slice(-256) + chunk.toString('latin1')
      if (trap && !deaf && seen.includes(trap.marker)) {
        const { cut, sprung } = trap
        trap = undefined
        deaf = true
        if (cut === 'before-send') {
          end()
          sprung()
          return
        }
        // The answer's first byte says that the server has carried the request out.
        upstream.once('data', (reply: Buffer) => {
          if (cut === 'mid-reply') client.write(reply.subarray(0, Math.ceil(reply.length / 2)), end)
          else end()
          sprung()
        })
      }
      upstream.write(chunk)
    })
    upstream.on('data', (chunk: Buffer) => {
      if (!deaf) client.write(chunk)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (!address || typeof address !== 'object') throw new Error('no port')

  return {
    port: address.port,
    cutAt: (marker, cut) =>
      new Promise((sprung) => {
        trap = { marker, cut, sprung }
      }),
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
