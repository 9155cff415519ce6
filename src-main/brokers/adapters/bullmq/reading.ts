import type { QueueAddress } from '@shared/model/queue'
import { Cluster } from 'ioredis'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { runReadOnlyScript } from '../../clients/script'
import type { Reading } from '../../reader'
import { failureOf, isRefusal } from '../redis-asking'
import { readingOf } from './figures'
import { figuresOfScript, readQueues } from './figures-script'
import { baseOf } from './keys'
import { readPlain } from './plain-reading'

/** How a connection's figures are read: found out at the first question and remembered. */
export interface ReadingMode {
  scripts: boolean
}

export const readingModeOf = (redis: RedisClient): ReadingMode => ({ scripts: !(redis instanceof Cluster) })

/** Keeps one call of the server under a millisecond, and a thousand queues at seven calls. */
const chunkSize = 150

export async function readAll(
  redis: RedisClient,
  { mode, queues, clock }: { mode: ReadingMode; queues: readonly QueueAddress[]; clock: Clock },
): Promise<readonly Reading[]> {
  const chunks: QueueAddress[][] = []
  for (let at = 0; at < queues.length; at += chunkSize) chunks.push(queues.slice(at, at + chunkSize))
  const readings = await Promise.all(
    chunks.map((chunk) =>
      mode.scripts ? readByScript(redis, { mode, chunk, clock }) : readPlain(redis, chunk, clock),
    ),
  )
  return readings.flat()
}

async function readByScript(
  redis: RedisClient,
  { mode, chunk, clock }: { mode: ReadingMode; chunk: readonly QueueAddress[]; clock: Clock },
): Promise<readonly Reading[]> {
  let answer: unknown
  try {
    answer = await runReadOnlyScript(redis, readQueues, [], chunk.map(baseOf))
  } catch (error) {
    if (!isRefusal(error) || !scriptsAreNotFor(error)) throw failureOf(error)
    mode.scripts = false
    return readPlain(redis, chunk, clock)
  }
  const figures = figuresOfScript(answer, chunk.length)
  const refused = chunk.filter((_, index) => figures[index] === undefined)
  const explained = refused.length === 0 ? [] : [...(await readPlain(redis, refused, clock))]
  // Both in the order of the chunk.
  return figures.map((own) => (own ? readingOf(own) : explained.shift()!))
}

/** Denied by an ACL, or a server before 7.0 (or a stand-in) that has no read-only scripts. */
const scriptsAreNotFor = (error: Error) => /^(NOPERM|ERR unknown command|ERR .*script)/i.test(error.message)
