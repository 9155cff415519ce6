import { StandardRPCHandler } from '@orpc/server/standard'
import { Failure } from '@shared/failure'
import type { Environment } from '@shared/model/environment'
import { testConnection } from '../brokers/test-connection'
import { addressOf, type ConsoleContext, consoleApi } from './api'
import { latest } from './latest'
import { messageHandlers } from './message-handlers'
import type { Services } from './services'

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
        // What is open was opened with the old settings.
        if (input.id !== null) await services.leave(input.id)
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
    queues: {
      feed: api.queues.feed.handler(({ input, signal }) => {
        services.attend(environments.get(input.environmentId).id)
        return watch.feed(input.environmentId, signal ?? new AbortController().signal)
      }),
      history: api.queues.history.handler(async ({ input }) => {
        const { samples, marks, stepMs } = await watch.series(input.environmentId, input.queue, input)
        return { samples: samples.map(({ at, values }) => ({ at, values: [...values] })), marks: [...marks], stepMs }
      }),
      capabilities: api.queues.capabilities.handler(({ input }) => {
        const queue = addressOf(input.queue)
        return services.sessions.layout(input.environmentId, queue.layout).capabilities(queue)
      }),
      schedules: api.queues.schedules.handler(async ({ input }) => {
        const queue = addressOf(input.queue)
        const found = await services.sessions.layout(input.environmentId, queue.layout).schedules?.(queue)
        return found ? [...found] : null
      }),
      groups: api.queues.groups.handler(async ({ input }) => {
        const queue = addressOf(input.queue)
        return (await services.sessions.layout(input.environmentId, queue.layout).groups?.(queue, input)) ?? null
      }),
      pause: api.queues.pause.handler(({ input }) => setPaused(services, input, true)),
      resume: api.queues.resume.handler(({ input }) => setPaused(services, input, false)),
    },
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
    activity: {
      list: api.activity.list.handler(({ input }) => {
        const page = audit.page(input.before, input.limit)
        return { ...page, entries: [...page.entries] }
      }),
    },
  })
  return new StandardRPCHandler(router, {})
}

async function setPaused(
  services: Services,
  input: { environmentId: string; queue: string },
  paused: boolean,
): Promise<Record<never, never>> {
  const environment = services.environments.get(input.environmentId)
  services.access.assertWritable(environment)
  const queue = addressOf(input.queue)
  const remedies = services.sessions.layout(environment.id, queue.layout)
  const capability = (await remedies.capabilities(queue)).pause
  if (capability.answer === 'no' || capability.answer === 'unknown')
    throw new Failure({ code: 'unsupported', message: capability.reason })
  await services.audit.record({
    event: paused ? 'pause' : 'resume',
    environment: environment.name,
    queue: queue.name,
    summary: `${paused ? 'Paused' : 'Resumed'} ${queue.name}`,
    runId: null,
    detail: {},
  })
  await (paused ? remedies.pause(queue) : remedies.resume(queue))
  return {}
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
