import { StandardRPCHandler } from '@orpc/server/standard'
import type { Environment } from '@shared/model/environment'
import { testConnection } from '../brokers/test-connection'
import { type ConsoleContext, consoleApi } from './api'
import { latest } from './latest'
import { previewLayout } from './layout-preview'
import { messageHandlers } from './message-handlers'
import { queueHandlers } from './queue-handlers'
import type { Services } from './services'
import { workersOf } from './workers'

/** Each procedure of the contract to one service call; no logic lives here. */
export function consoleHandler(services: Services): StandardRPCHandler<ConsoleContext> {
  const { environments, access, guard, audit, watch, board, preferences } = services
  const report = (error: unknown, path: readonly string[]) => services.log.error(`${path.join('.')} failed`, error)
  const api = consoleApi(report)

  const router = api.router({
    system: {
      info: api.system.info.handler(() => services.info()),
      preferences: api.system.preferences.handler(() => preferences.get()),
      setPreferences: api.system.setPreferences.handler(({ input }) => preferences.set(input)),
    },
    environments: {
      watch: api.environments.watch.handler(({ signal }) =>
        latest({ read: () => board.read(), onChange: (listener) => board.onChange(listener) }, signal),
      ),
      save: api.environments.save.handler(async ({ input }) => {
        const saved = await environments.save(input.id, input.environment)
        await record(services, saved, 'environment-saved', `Saved ${saved.name}`)
        // What is open was opened with the old settings; who looks at it goes on looking.
        if (input.id !== null && watch.status(input.id) !== undefined) {
          await services.leave(input.id)
          services.attend(input.id)
        }
        return saved
      }),
      remove: api.environments.remove.handler(async ({ input }) => {
        const environment = environments.get(input.environmentId)
        await environments.remove(environment.id)
        await services.leave(environment.id)
        await record(services, environment, 'environment-removed', `Removed ${environment.name}`)
        return {}
      }),
      test: api.environments.test.handler(async ({ input }) => {
        const { password, ...environment } = input.environment
        return await testConnection(environment, () => environments.passwordFor(input.id, password), services.clock)
      }),
      lookAgain: api.environments.lookAgain.handler(({ input }) => {
        watch.lookAgain(environments.get(input.environmentId).id)
        return {}
      }),
      workers: api.environments.workers.handler(({ input }) => workersOf(services, input.environmentId)),
      routing: api.environments.routing.handler(async ({ input }) => {
        for (const reader of services.sessions.readers(input.environmentId) ?? []) {
          if (reader.routing) return await reader.routing()
        }
        return null
      }),
      tailChannel: api.environments.tailChannel.handler(async function* ({ input, signal }) {
        yield* services.sessions.tailChannel(input.environmentId, input.channel, signal ?? new AbortController().signal)
      }),
      previewLayout: api.environments.previewLayout.handler(({ input }) => previewLayout(services, input)),
      giveMfaCode: api.environments.giveMfaCode.handler(({ input }) => {
        services.giveMfaCode(environments.get(input.environmentId).id, input.code)
        return {}
      }),
      unlock: api.environments.unlock.handler(async ({ input }) => {
        const environment = environments.get(input.environmentId)
        access.unlock(environment, input.typedName)
        await record(services, environment, 'unlock', `Unlocked ${environment.name} for 15 minutes`)
        return board.state(environment.id)
      }),
      lock: api.environments.lock.handler(async ({ input }) => {
        const environment = environments.get(input.environmentId)
        access.lock(environment.id)
        await record(services, environment, 'lock', `Locked ${environment.name}`)
        return board.state(environment.id)
      }),
    },
    ...queueHandlers(api, services),
    messages: messageHandlers(api, services),
    plans: {
      prepare: api.plans.prepare.handler(({ input }) => guard.prepare(input)),
      commit: api.plans.commit.handler(({ input }) => guard.commit(input)),
      pause: api.plans.pause.handler(({ input }) => guard.pause(input.runId)),
      resume: api.plans.resume.handler(({ input }) => guard.resume(input.runId)),
      stop: api.plans.stop.handler(({ input }) => guard.stop(input.runId)),
      watchRuns: api.plans.watchRuns.handler(({ signal }) =>
        latest({ read: () => [...guard.list()], onChange: (listener) => guard.onChange(listener) }, signal),
      ),
    },
    acts: {
      list: api.acts.list.handler(async ({ input }) => [...(await services.specialActs.list(input))]),
      prepare: api.acts.prepare.handler(({ input }) => services.specialActs.prepare(input)),
      commit: api.acts.commit.handler(({ input }) => services.specialActs.commit(input)),
    },
    activity: {
      list: api.activity.list.handler(({ input }) => {
        const page = audit.page(input.before, input.limit)
        return { ...page, entries: [...page.entries] }
      }),
    },
  })
  return new StandardRPCHandler(router, {})
}

async function record(
  services: Services,
  environment: Environment,
  event: 'environment-saved' | 'environment-removed' | 'unlock' | 'lock',
  summary: string,
): Promise<void> {
  await services.audit.record({
    event,
    environment: environment.name,
    queue: null,
    summary,
    runId: null,
    detail: { tier: environment.effectiveTier },
  })
}
