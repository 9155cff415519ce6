import { parentPort } from 'node:worker_threads'
import { createRedisMock } from 'js-redis-server'
import { playSqs } from './play-sqs'
import type { SandboxReady } from './sandbox'
import { startTraffic } from './traffic'

/** The sandbox's thread: the server first, so that the console can connect, then the traffic on it. */
async function main(): Promise<void> {
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
