import { Failure } from '@shared/failure'
import type { PeekPrice, PeekState } from '@shared/model/peek'
import type { QueueAddress } from '@shared/model/queue'
import { groupSeriesKey } from '@shared/model/sample'
import type { Remedies } from '../brokers/remedies'
import { addressOf, type ConsoleApi } from './api'
import type { Services } from './services'

interface Ref {
  readonly environmentId: string
  readonly queue: string
}

/** The procedures of `queues`, and of `peeks`. */
export function queueHandlers(api: ConsoleApi, services: Services) {
  const { watch, sessions, environments } = services
  const at = ({ environmentId, queue: key }: Ref): { queue: QueueAddress; remedies: Remedies } => {
    const queue = addressOf(key)
    return { queue, remedies: sessions.layout(environmentId, queue.layout) }
  }

  const queues = {
    feed: api.queues.feed.handler(({ input, signal }) => {
      services.attend(environments.get(input.environmentId).id)
      return watch.feed(input.environmentId, signal ?? new AbortController().signal)
    }),
    history: api.queues.history.handler(({ input }) => watch.series(input.environmentId, input.queue, input)),
    groupHistory: api.queues.groupHistory.handler(({ input }) =>
      watch.series(input.environmentId, groupSeriesKey(input.queue, input.group), input),
    ),
    capabilities: api.queues.capabilities.handler(({ input }) => {
      const { queue, remedies } = at(input)
      return remedies.capabilities(queue)
    }),
    schedules: api.queues.schedules.handler(async ({ input }) => {
      const { queue, remedies } = at(input)
      return listed(await remedies.schedules?.(queue))
    }),
    groups: api.queues.groups.handler(async ({ input }) => {
      const { queue, remedies } = at(input)
      return (await remedies.groups?.(queue, input)) ?? null
    }),
    details: api.queues.details.handler(async ({ input }) => {
      const { queue, remedies } = at(input)
      return listed(await remedies.details?.(queue))
    }),
    consumerGroups: api.queues.consumerGroups.handler(async ({ input }) => {
      const { queue, remedies } = at(input)
      return listed(await remedies.streaming?.groups(queue))
    }),
    pendingEntries: api.queues.pendingEntries.handler(({ input }) => {
      const { queue, remedies } = at(input)
      if (!remedies.streaming) throw unable(queue, 'has no consumer groups')
      return remedies.streaming.pending(queue, input)
    }),
    tail: api.queues.tail.handler(async function* ({ input, signal }) {
      const { queue, remedies } = at(input)
      if (!remedies.tail) throw unable(queue, 'cannot be tailed')
      yield* remedies.tail(queue, input, signal ?? new AbortController().signal)
    }),
    pause: api.queues.pause.handler(({ input }) => setPaused(services, input, true)),
    resume: api.queues.resume.handler(({ input }) => setPaused(services, input, false)),
  }

  const peeks = {
    price: api.peeks.price.handler(async ({ input }): Promise<{ price: PeekPrice | null; state: PeekState | null }> => {
      const { queue, remedies } = at(input)
      const { peeking } = remedies
      return peeking ? { price: await peeking.price(queue), state: peeking.state(queue) } : { price: null, state: null }
    }),
    take: api.peeks.take.handler(async ({ input }) => {
      const environment = environments.get(input.environmentId)
      const { queue, remedies } = at(input)
      if (!remedies.peeking) throw unable(queue, 'is looked at for free: nothing has to be peeked')
      const price = await remedies.peeking.price(queue)
      if (price.answer === 'refused' || !price.free) services.access.assertWritable(environment)
      await services.audit.record({
        event: 'peek',
        environment: environment.name,
        queue: queue.name,
        summary: `Looked at up to ${input.count} messages of ${queue.name}, at their price`,
        runId: null,
        detail: { count: input.count },
      })
      return await remedies.peeking.peek(queue, input.count)
    }),
    release: api.peeks.release.handler(async ({ input }) => {
      const { queue, remedies } = at(input)
      return (await remedies.peeking?.release(queue)) ?? null
    }),
  }
  return { queues, peeks }
}

const listed = <Item>(items: readonly Item[] | undefined): Item[] | null => (items ? [...items] : null)

const unable = (queue: QueueAddress, why: string): Failure =>
  new Failure({ code: 'unsupported', message: `${queue.name} ${why}.`, subject: queue.name })

async function setPaused(services: Services, input: Ref, paused: boolean): Promise<Record<never, never>> {
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
