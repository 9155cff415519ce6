import type { MessageState, Selection } from '@shared/model/message'
import type { Run } from '@shared/model/plan'
import { type QueueAddress, queueKey } from '@shared/model/queue'
import { vi } from 'vitest'
import { type ConsoleRig, carryOut } from './console-rig'

export const allOf = (state: MessageState): Selection => ({ kind: 'all', state, cause: null, except: [] })
export const only = (state: MessageState, ...ids: string[]): Selection => ({ kind: 'ids', state, ids })

/** What a person does to the queues of one environment, each through plan, ticket and run. */
export function consoleHand({ client }: ConsoleRig, environmentId: string) {
  return {
    replay: (queue: QueueAddress, selection: Selection) =>
      carryOut(client, { environmentId, queue: queueKey(queue), selection, action: { kind: 'replay' } }),

    undo: (queue: QueueAddress, runId: string) =>
      carryOut(client, { environmentId, queue: queueKey(queue), selection: null, action: { kind: 'undo', runId } }),

    async editAndReplay(queue: QueueAddress, id: string, change: (body: string) => string) {
      const { body } = await client.messages.inspect({ environmentId, queue: queueKey(queue), id })
      if (body.kind !== 'whole') throw new Error('the body was withheld')
      const changed = change(Buffer.from(body.base64, 'base64').toString('utf8'))
      const base64 = Buffer.from(changed).toString('base64')
      const action = { kind: 'edit', base64, expectedDigest: body.digest, thenReplay: true } as const
      return await carryOut(client, { environmentId, queue: queueKey(queue), selection: only('dead', id), action })
    },

    /** What a run's record says of its messages once a worker has had them. */
    followed: (runId: string): Promise<Run> =>
      vi.waitFor(
        async () => {
          for await (const runs of await client.plans.watchRuns(undefined)) {
            const run = runs.find(({ id }) => id === runId)
            if (run && run.waiting === 0 && run.succeeded > 0) return run
          }
          throw new Error('the stream ended')
        },
        { timeout: 20_000 },
      ),
  }
}

export type ConsoleHand = ReturnType<typeof consoleHand>
