import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter as BoardAdapter } from '@bull-board/api/bullMQAdapter'
import type { Queue } from 'bullmq'

/** One queue of its list, as far as it is looked at here. */
export interface BoardQueue {
  readonly name: string
  readonly counts: Readonly<Record<string, number>>
  readonly isPaused: boolean
}

/** bull-board's handler of its queue list, without a web server around it. */
export function boardHandler(queues: readonly Queue[]): (showWorkers: boolean) => Promise<readonly BoardQueue[]> {
  type Route = { readonly route: string | readonly string[]; readonly handler: (request: unknown) => Promise<unknown> }
  let boards: unknown
  let routes: readonly Route[] = []
  const serverAdapter = {
    setQueues: (given: unknown) => {
      boards = given
      return serverAdapter
    },
    setApiRoutes: (given: readonly Route[]) => {
      routes = given
      return serverAdapter
    },
    setViewsPath: () => serverAdapter,
    setStaticPath: () => serverAdapter,
    setEntryRoute: () => serverAdapter,
    setErrorHandler: () => serverAdapter,
    setUIConfig: () => serverAdapter,
  }
  createBullBoard({
    queues: queues.map((queue) => new BoardAdapter(queue)),
    serverAdapter: serverAdapter as unknown as Parameters<typeof createBullBoard>[0]['serverAdapter'],
    options: { uiBasePath: '.', uiConfig: {} },
  })
  const list = routes.find(({ route }) => [route].flat().includes('/api/queues'))
  if (!list) throw new Error('bull-board has no route for its queue list any more')
  return async (showWorkers) => {
    const answer = (await list.handler({ queues: boards, query: {}, params: {}, uiConfig: { showWorkers } })) as {
      readonly body?: { readonly queues?: readonly BoardQueue[] }
    }
    const listed = answer.body?.queues ?? []
    if (listed.length !== queues.length) throw new Error('bull-board did not list every queue')
    return listed
  }
}
