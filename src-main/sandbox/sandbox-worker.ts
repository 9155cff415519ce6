import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { parentPort } from 'node:worker_threads'
import { createRedisMock } from 'js-redis-server'
import { playSqs } from './play-sqs'
import type { SandboxReady } from './sandbox'
import { startTraffic } from './traffic'

/** The sandbox's thread: the server first, so that the console can connect, then the traffic on it. */
async function main(): Promise<void> {
  // It answers each command of a pipeline by a packet of its own: without this the second one waits 40 ms for the first one's receipt.
  subscribe('net.server.socket', (told) => (told as { socket: Socket }).socket.setNoDelay(true))
  const server = await createRedisMock()
  const port = server.addresses()[0]?.port
  if (port === undefined) throw new Error('the sandbox has no address')
  const ready: SandboxReady = { port, sqs: await playSqs() }
  parentPort?.postMessage(ready)
  await startTraffic(port)
}

main().catch((error: unknown) => {
  // Out of the promise, so that the thread ends with it and the console hears of it.
  setImmediate(() => {
    throw error
  })
})
