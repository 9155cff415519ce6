import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { createORPCClient } from '@orpc/client'
import type { StandardHandler } from '@orpc/server/standard'
import type { Environment, EnvironmentInput } from '@shared/model/environment'
import type { Plan, PlanRequest, Run } from '@shared/model/plan'
import type { Client } from '@shared/rpc/contract'
import { duplexLink } from '@shared/rpc/link'
import { type DomLikePort, messagePortCarrier } from '@shared/rpc/message-port'
import { expect, vi } from 'vitest'
import { openConsole } from '../console'
import type { ConsoleContext } from '../rpc/api'
import { defaultLimits, serve } from '../rpc/serve'
import { createLog } from '../runtime/log'
import { noKeyStore } from '../storage/secrets'

/** A whole core on a data folder of its own, spoken to over a real port: what a window sees, without the window. */
export interface ConsoleRig {
  readonly client: Client
  readonly handler: StandardHandler<ConsoleContext>
  readonly dataFolder: string
  /** Everything the core logged. */
  readonly lines: readonly string[]
  /** Saves an environment on a Redis of this machine and waits until it is connected. */
  connect(port: number, change?: Partial<Extract<EnvironmentInput, { kind: 'redis' }>>): Promise<Environment>
  /** The same for any broker. */
  open(input: EnvironmentInput): Promise<Environment>
  close(): Promise<void>
}

export async function startConsoleRig(
  options: { readonly dataFolder?: string; readonly variables?: Record<string, string> } = {},
): Promise<ConsoleRig> {
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'queuescope-console-')))
  const lines: string[] = []
  const console = await openConsole({
    host: { shell: 'browser', version: '0.0.0', dataFolder, keyStore: noKeyStore('none in tests') },
    log: createLog((line) => lines.push(line)),
    variables: options.variables ?? {},
    sandbox: 'none',
  })
  const { port1, port2 } = new MessageChannel()
  const served = serve(
    messagePortCarrier(port1 as unknown as DomLikePort),
    console.handler,
    {},
    { ...defaultLimits, requestsPerSecond: 100_000 },
  )
  const link = duplexLink({
    open: async () => messagePortCarrier(port2 as unknown as DomLikePort),
    isStream: () => false,
  })
  const client = createORPCClient<Client>(link)
  const feeds = new AbortController()
  const open = async (input: EnvironmentInput): Promise<Environment> => {
    const environment = await client.environments.save({ id: null, environment: input })
    const feed = await client.queues.feed({ environmentId: environment.id }, { signal: feeds.signal })
    void (async () => {
      for await (const _event of feed) {
        // Subscribed like a window would be; what it shows is not looked at here.
      }
    })().catch(() => {})
    await stateOf(client, environment.id, (state) => state.phase === 'connected')
    return environment
  }

  return {
    client,
    handler: console.handler,
    dataFolder,
    lines,
    async connect(port, change = {}) {
      return await open({
        name: `redis-${port}`,
        kind: 'redis',
        tier: 'dev',
        topology: { kind: 'single', host: '127.0.0.1', port },
        database: 0,
        username: null,
        tls: { enabled: false, caFile: null, verify: true },
        password: { kind: 'none' },
        ...change,
      })
    },
    open,
    async close() {
      feeds.abort()
      served.close()
      await console.close()
      if (!options.dataFolder) await rm(dataFolder, { recursive: true, force: true })
    },
  }
}

/** Subscribes to an environment that is saved already, as a window would, and waits until it is connected; the feed ends with the rig. */
export async function attendTo(rig: ConsoleRig, environmentId: string): Promise<void> {
  const feed = await rig.client.queues.feed({ environmentId })
  void feed.next().catch(() => {})
  await stateOf(rig.client, environmentId, (state) => state.phase === 'connected')
}

type State = Awaited<ReturnType<Client['environments']['lock']>>

/** Waits until an environment's state is as wanted. */
export async function stateOf(client: Client, id: string, isWanted: (state: State) => boolean): Promise<State> {
  const ending = new AbortController()
  for await (const { states } of await client.environments.watch(undefined, { signal: ending.signal })) {
    const state = states.find((each) => each.id === id)
    if (!state || !isWanted(state)) continue
    ending.abort()
    return state
  }
  throw new Error('the stream ended')
}

/** Prepares and commits in one go, and waits until the run has ended. */
export async function carryOut(
  client: Client,
  request: PlanRequest,
  change: { readonly typedName?: string; readonly canary?: number } = {},
): Promise<{ plan: Plan; run: Run }> {
  const plan = await client.plans.prepare(request)
  const started = await client.plans.commit({
    ticket: plan.ticket,
    typedName: change.typedName ?? null,
    reason: 'test',
    ratePerSecond: null,
    canary: change.canary ?? 0,
    stopAtShare: 1,
  })
  return { plan, run: await ended(client, started.id) }
}

export async function ended(client: Client, runId: string): Promise<Run> {
  const ending = new AbortController()
  return await vi.waitFor(
    async () => {
      for await (const runs of await client.plans.watchRuns(undefined, { signal: ending.signal })) {
        const run = runs.find(({ id }) => id === runId)
        if (!run || run.finishedAt === null) continue
        ending.abort()
        expect(run.finishedAt).not.toBeNull()
        return run
      }
      throw new Error('the stream ended')
    },
    { timeout: 30_000 },
  )
}
