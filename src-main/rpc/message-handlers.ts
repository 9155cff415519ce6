import { parseQueueKey } from '@shared/model/queue'
import { type DeadQueue, pageOfCause, sortByCause } from '../safety/causes'
import { addressOf, type ConsoleApi } from './api'
import type { Services } from './services'

/** The procedures of `messages`. */
export function messageHandlers(api: ConsoleApi, services: Services) {
  const { sessions, environments, access, audit } = services
  const layoutOf = (input: { readonly environmentId: string; readonly queue: string }) => {
    const queue = addressOf(input.queue)
    return { queue, remedies: sessions.layout(input.environmentId, queue.layout) }
  }

  return {
    browse: api.messages.browse.handler(({ input }) => {
      const { queue, remedies } = layoutOf(input)
      return remedies.browse(queue, input)
    }),
    inspect: api.messages.inspect.handler(({ input }) => {
      const { queue, remedies } = layoutOf(input)
      return remedies.inspect(queue, input.id)
    }),
    causes: api.messages.causes.handler(({ input }) =>
      sortByCause(deadQueues(services, input.environmentId, input.queue)),
    ),
    ofCause: api.messages.ofCause.handler(({ input }) => {
      const { queue, remedies } = layoutOf(input)
      return pageOfCause(remedies, queue, input)
    }),
    states: api.messages.states.handler(async ({ input }) => {
      const { queue, remedies } = layoutOf(input)
      return [...(await remedies.states(queue, input.ids))]
    }),
    send: api.messages.send.handler(async ({ input }) => {
      const environment = environments.get(input.environmentId)
      access.assertWritable(environment)
      const { queue, remedies } = layoutOf(input)
      const count = input.bodies.length
      await audit.record({
        event: 'send',
        environment: environment.name,
        queue: queue.name,
        summary: `Sent ${count} ${count === 1 ? 'message' : 'messages'} to ${queue.name}`,
        runId: null,
        detail: { count, delayMs: input.delayMs },
      })
      const { name, delayMs, priority, attributes, options } = input
      const messages = input.bodies.map((body) => ({
        name,
        body: Buffer.from(body, 'utf8'),
        delayMs,
        priority,
        attributes,
        ...(options && { options }),
      }))
      return { ids: [...(await remedies.send(queue, messages))] }
    }),
  }
}

/** One queue, or every queue of the environment that is known to hold dead letters. */
function deadQueues(services: Services, environmentId: string, queue: string | null): readonly DeadQueue[] {
  const known = services.watch.dead(environmentId)
  const wanted =
    queue === null
      ? known.filter(({ dead }) => dead !== 0)
      : [{ key: queue, dead: known.find(({ key }) => key === queue)?.dead ?? null }]
  return wanted.flatMap(({ key, dead }) => {
    const address = parseQueueKey(key)
    return address ? [{ queue: address, dead, reader: services.sessions.layout(environmentId, address.layout) }] : []
  })
}
