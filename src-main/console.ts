import { join } from 'node:path'
import type { StandardHandler } from '@orpc/server/standard'
import { MfaCodes } from './brokers/mfa-codes'
import { openConnection } from './brokers/open'
import { Sessions } from './brokers/sessions'
import type { Host } from './host'
import type { ConsoleContext } from './rpc/api'
import { EnvironmentBoard } from './rpc/environment-board'
import { consoleHandler } from './rpc/handlers'
import { type Clock, pause, systemClock } from './runtime/clock'
import { keepHeapLean } from './runtime/lean-heap'
import type { Log } from './runtime/log'
import { Access } from './safety/access'
import { Audit } from './safety/audit'
import { Guard } from './safety/guard'
import { SpecialActs } from './safety/special-acts'
import { type Sandbox, startSandbox } from './sandbox/sandbox'
import { lockFolder } from './storage/data-folder'
import { readDeclaredEnvironments } from './storage/declared-environments'
import { Environments, EnvironmentsDocument, sandboxId } from './storage/environments'
import { foundQueues } from './storage/found-queues'
import { jsonFile } from './storage/json-file'
import { PreferencesStore } from './storage/preferences'
import { Secrets } from './storage/secrets'
import { openHistory } from './watch/history'
import { Watch } from './watch/watch'

export interface ConsoleOptions {
  readonly host: Host
  readonly log: Log
  readonly variables: Readonly<Record<string, string | undefined>>
  /** `show` runs the sandbox and opens on it; `offer` runs it while nothing else is known; `none` never. */
  readonly sandbox: 'show' | 'offer' | 'none'
  readonly clock?: Clock
}

export interface Console {
  readonly handler: StandardHandler<ConsoleContext>
  close(): Promise<void>
}

/** At the end a batch that is out may still be answered for so long; then the connections go, and its outcome is unknown. */
const answerWaitMs = 5_000

/** Builds, wires and starts the core, the same in both shells. Throws a Failure when the data folder is taken or a declared file is bad. */
export async function openConsole({
  host,
  log,
  variables,
  sandbox: wanted,
  clock = systemClock,
}: ConsoleOptions): Promise<Console> {
  keepHeapLean()
  const { dataFolder } = host
  const notice = (message: string) => log.warn(message)
  const lock = await lockFolder(dataFolder)
  const declaredPath = variables.QUEUESCOPE_ENVIRONMENTS
  const declared = declaredPath ? await readDeclaredEnvironments(declaredPath) : []
  const preferences = await PreferencesStore.open(join(dataFolder, 'preferences.json'), notice)

  const file = jsonFile<EnvironmentsDocument>({
    path: join(dataFolder, 'environments.json'),
    schema: EnvironmentsDocument,
    empty: { version: 1, environments: [] },
    notice,
  })
  const isEmpty = declared.length === 0 && (await file.read()).environments.length === 0
  const sandbox: Sandbox | undefined =
    wanted === 'show' || (wanted === 'offer' && isEmpty) ? await startSandbox(log) : undefined
  if (wanted === 'show') await preferences.set({ lastEnvironmentId: sandboxId })
  const environments = await Environments.open({
    file,
    declared,
    sandbox: sandbox?.environments ?? [],
    secrets: new Secrets(host.keyStore, variables),
  })

  const mfaCodes = new MfaCodes((id) => sessions.retry(id))
  const sessions = new Sessions({
    clock,
    connect: async (id) =>
      openConnection(environments.get(id), {
        password: await environments.password(id),
        mfaCode: () => mfaCodes.take(id),
      }),
  })
  const history = await openHistory({ path: join(dataFolder, 'samples.db'), notice })
  const watch = new Watch({ clock, history, log })
  const access = new Access(clock)
  const audit = await Audit.open(join(dataFolder, 'audit.jsonl'), clock)
  const guard = await Guard.open({
    folder: dataFolder,
    clock,
    log,
    environments,
    sessions,
    access,
    audit,
    mark: (environmentId, queue, mark) => watch.mark(environmentId, queue, mark),
  })

  const specialActs = new SpecialActs({ clock, environments, sessions, access, audit })

  const attend = (id: string) => {
    sessions.open(id)
    watch.attach({
      id,
      readers: () => sessions.readers(id),
      finder: () => sessions.finder(id),
      memory: foundQueues(dataFolder, id, notice),
      onChange: (listener) =>
        sessions.onChange((changed) => {
          if (changed === id) listener()
        }),
    })
  }
  const leave = async (id: string) => {
    await watch.detach(id)
    await sessions.close(id)
  }

  const handler = consoleHandler({
    info: async () => ({
      version: host.version,
      shell: host.shell,
      platform: process.platform,
      dataFolder,
      secretStore: await host.keyStore.availability(),
    }),
    clock,
    log,
    preferences,
    environments,
    sessions,
    access,
    audit,
    guard,
    specialActs,
    watch,
    board: new EnvironmentBoard({ environments, sessions, access, watch }),
    attend,
    giveMfaCode: (id, code) => mfaCodes.give(id, code),
    leave,
  })

  return {
    handler,
    async close() {
      const written = guard.close()
      const waiting = new AbortController()
      await Promise.race([written, pause(clock, answerWaitMs, waiting.signal)])
      waiting.abort()
      await watch.close()
      await sessions.closeAll()
      await written
      await sandbox?.stop()
      await lock.release()
    },
  }
}
