import { once } from 'node:events'
import type { Log } from '../runtime/log'
import { startThread } from '../runtime/thread'

/** A Redis in memory with a little traffic on it: something to explore, and gone with the console. */
export interface Sandbox {
  readonly port: number
  stop(): Promise<void>
}

/** What the thread tells once its server listens. */
export interface SandboxReady {
  readonly port: number
}

/** In a thread of its own, since a Redis in JavaScript would take the core's turns. Resolves when the server listens. */
export async function startSandbox(log: Log): Promise<Sandbox> {
  const thread = startThread({ caller: import.meta.url, name: 'sandbox-worker', data: null })
  thread.on('error', (error) => log.error('the sandbox ended', error))
  const [{ port }] = (await once(thread, 'message')) as [SandboxReady]
  log.info(`the sandbox listens on 127.0.0.1:${port}, in memory only`)
  return {
    port,
    async stop() {
      await thread.terminate()
    },
  }
}
