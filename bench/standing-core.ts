import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { createORPCClient } from '@orpc/client'
import { openConsole } from '../src-main/console'
import { defaultLimits, serve } from '../src-main/rpc/serve'
import { createLog } from '../src-main/runtime/log'
import { noKeyStore } from '../src-main/storage/secrets'
import { EnvironmentInput, type EnvironmentState } from '../src-shared/model/environment'
import type { Client } from '../src-shared/rpc/contract'
import { duplexLink } from '../src-shared/rpc/link'
import { type DomLikePort, messagePortCarrier } from '../src-shared/rpc/message-port'

/** What the core tells its parent every ten seconds. Bytes, share of one core since the last telling. */
export interface Standing {
  readonly rssBytes: number
  readonly cpuShare: number
  readonly queues: number
  readonly connected: number
  readonly ticks: number
  readonly errors: readonly string[]
}

/** The core alone in its process, with every environment open and a window's subscription to each. */
const inputs = (JSON.parse(process.argv[2] ?? '[]') as unknown[]).map((input) => EnvironmentInput.parse(input))
const errors: string[] = []
const dataFolder = mkdtempSync(join(tmpdir(), 'queuescope-standing-'))
const core = await openConsole({
  host: { shell: 'browser', version: '0.0.0', dataFolder, keyStore: noKeyStore('none here') },
  log: createLog((line) => {
    if (/\berror\b/.test(line)) errors.push(line)
  }),
  variables: {},
  sandbox: 'none',
})
const { port1, port2 } = new MessageChannel()
serve(
  messagePortCarrier(port1 as unknown as DomLikePort),
  core.handler,
  {},
  { ...defaultLimits, requestsPerSecond: 100_000 },
)
const client = createORPCClient<Client>(
  duplexLink({ open: async () => messagePortCarrier(port2 as unknown as DomLikePort), isStream: () => false }),
)
let ticks = 0
const ids: string[] = []
for (const environment of inputs) {
  const { id } = await client.environments.save({ id: null, environment })
  ids.push(id)
  const feed = await client.queues.feed({ environmentId: id })
  void (async () => {
    for await (const _event of feed) ticks += 1
  })().catch((error: unknown) => errors.push(String(error)))
}

async function statesNow(): Promise<readonly EnvironmentState[]> {
  for await (const { states } of await client.environments.watch()) return states.filter(({ id }) => ids.includes(id))
  return []
}

let before = process.cpuUsage()
let at = performance.now()
const telling = setInterval(async () => {
  const used = process.cpuUsage(before)
  const now = performance.now()
  const share = (used.user + used.system) / 1_000 / (now - at)
  before = process.cpuUsage()
  at = now
  const states = await statesNow()
  const told: Standing = {
    rssBytes: process.memoryUsage().rss,
    cpuShare: share,
    queues: states.reduce((sum, { queueCount }) => sum + queueCount, 0),
    connected: states.filter(({ phase }) => phase === 'connected').length,
    ticks,
    errors: errors.splice(0),
  }
  process.send?.(told)
}, 10_000)
process.on('message', async () => {
  clearInterval(telling)
  await core.close()
  rmSync(dataFolder, { recursive: true, force: true })
  process.exit(0)
})
