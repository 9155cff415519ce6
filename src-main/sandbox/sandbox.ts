import { once } from 'node:events'
import type { Profile } from '@shared/model/environment'
import type { Log } from '../runtime/log'
import { startThread } from '../runtime/thread'

/** Servers in memory with a little traffic on them: something to explore, and gone with the console. */
export interface Sandbox {
  readonly environments: readonly {
    readonly id: string
    readonly environment: Profile
    readonly password: string | null
  }[]
  stop(): Promise<void>
}

/** What the thread tells once its servers listen. */
export interface SandboxReady {
  readonly port: number
  readonly sqs: { readonly endpoint: string; readonly region: string }
}

/** In a thread of its own, since a Redis in JavaScript would take the core's turns. Resolves when its servers listen. */
export async function startSandbox(log: Log): Promise<Sandbox> {
  const thread = startThread({ caller: import.meta.url, name: 'sandbox-worker', data: null })
  thread.on('error', (error) => log.error('the sandbox ended', error))
  const [{ port, sqs }] = (await once(thread, 'message')) as [SandboxReady]
  log.info(`the sandbox listens on 127.0.0.1:${port}, in memory only`)
  return {
    environments: [
      { id: 'sandbox', environment: redisProfile(port), password: null },
      { id: 'sandbox-sqs', environment: sqsProfile(sqs), password: 'sandbox' },
    ],
    async stop() {
      await thread.terminate()
    },
  }
}

const redisProfile = (port: number): Profile => ({
  name: 'Sandbox',
  kind: 'redis',
  tier: 'dev',
  topology: { kind: 'single', host: '127.0.0.1', port },
  database: 0,
  username: null,
  tls: { enabled: false, caFile: null, verify: true },
})

const sqsProfile = ({ endpoint, region }: SandboxReady['sqs']): Profile => ({
  name: 'SQS',
  kind: 'sqs',
  tier: 'dev',
  region,
  endpoint,
  credentials: { kind: 'keys', accessKeyId: 'sandbox' },
  role: null,
  namePrefix: '',
  queues: [],
  cloudWatch: false,
})
