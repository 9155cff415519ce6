import { Failure } from '@shared/failure'
import type { QueueAddress } from '@shared/model/queue'
import type { RabbitmqConnection } from '../../clients/rabbitmq'
import { listOf } from '../../clients/rabbitmq-json'
import { inPath } from '../../clients/rabbitmq-management'
import { factColumns, factsOf, type QueueFacts } from './queue-facts'

/** What was listed, and why some virtual hosts are missing from it. */
export interface Listed<T> {
  readonly rows: readonly T[]
  readonly troubles: ReadonlyMap<string, Failure>
}

/**
 * All queues in one answer, or one per virtual host that was named. Pages would be smaller, but the plugin makes and sorts the
 * whole list for each of them: measured with 4,000 queues, 490 ms in pages of 500 and 210 ms in one. The answer itself is bounded
 * by the client.
 */
export async function listQueues(connection: RabbitmqConnection, columns: string): Promise<Listed<QueueFacts>> {
  // Without statistics this is the only way to counts.
  const counts = connection.statisticsOff ? '&disable_stats=true&enable_queue_totals=true' : ''
  const { rows, troubles } = await listPerSpace(connection, 'queues', `${columns}${counts}`)
  return { rows: rows.map(factsOf), troubles }
}

/** One that was named and is not there, or may not be entered, hides no other. */
export async function listPerSpace(
  { management, vhosts }: RabbitmqConnection,
  what: 'queues' | 'exchanges' | 'bindings' | 'consumers',
  columns: string,
): Promise<Listed<unknown>> {
  const ask = async (path: string, vhost?: string) =>
    listOf(
      await management.get(`/${what}${path}?columns=${columns}`, { act: `list ${what}`, ...(vhost ? { vhost } : {}) }),
    )
  if (vhosts === null) return { rows: await ask(''), troubles: new Map() }
  const troubles = new Map<string, Failure>()
  const answers = await Promise.all(
    vhosts.map(async (vhost) => {
      try {
        return await ask(`/${inPath(vhost)}`, vhost)
      } catch (error) {
        if (!(error instanceof Failure) || !absent.has(error.code)) throw error
        troubles.set(vhost, error.code === 'denied' ? error : noSpace(vhost, error))
        return []
      }
    }),
  )
  return { rows: answers.flat(), troubles }
}

const absent: ReadonlySet<string> = new Set(['denied', 'gone', 'not-found'])

const noSpace = (vhost: string, cause: Failure): Failure =>
  new Failure(
    {
      code: 'not-found',
      message: `There is no virtual host ${vhost}.`,
      hint: 'Correct its name in the environment.',
      subject: vhost,
    },
    { cause },
  )

/** One queue with all that is told of it; throws Failure 'gone' when it is not there. */
export async function askQueue(connection: RabbitmqConnection, queue: QueueAddress, act: string): Promise<QueueFacts> {
  const { management, statisticsOff } = connection
  const counts = statisticsOff ? '&disable_stats=true&enable_queue_totals=true' : ''
  const row = await management.get(`${pathOf(queue)}?columns=${factColumns}${counts}`, asked(queue, act))
  return factsOf(row)
}

/** One small question. false only where the broker says so. */
export async function isThere(connection: RabbitmqConnection, queue: QueueAddress): Promise<boolean> {
  try {
    await connection.management.get(
      `${pathOf(queue)}?columns=name&disable_stats=true`,
      asked(queue, `look at ${queue.name}`),
    )
    return true
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return error.code !== 'gone'
  }
}

export const pathOf = ({ prefix, name }: QueueAddress): string => `/queues/${inPath(prefix)}/${inPath(name)}`

export const asked = ({ prefix, name }: QueueAddress, act: string) => ({ act, queue: name, vhost: prefix })
