import { Redis } from 'ioredis'
import { refusedTransaction } from './asked'
import { inOneWrite } from './one-write'
import type { RedisClient } from './redis'
import { addTextCommand, type Block, sendTextCommand } from './text-command'

/** One command of a transaction: its name, its key, and the rest: blocks beside nothing but text. */
export type Step = readonly [
  name: string,
  key: string,
  ...args: readonly (string | number | Buffer)[] | readonly (string | Block)[],
]

/**
 * Carries commands out as one transaction, in one write; throws the first error, the server's reason rather than its word
 * that it discarded everything. On a single server the client's own pipeline is passed by: it joins the commands into a copy
 * of all their bytes first.
 */
export async function runTransaction(redis: RedisClient, steps: readonly Step[]): Promise<void> {
  const replies = await (redis instanceof Redis ? corked(redis, steps) : piped(redis, steps))
  for (const [error] of replies ?? []) if (error) throw error
}

type Replies = [error: Error | null, result: unknown][] | null

async function corked(redis: Redis, steps: readonly Step[]): Promise<Replies> {
  const queued = inOneWrite(redis, (): readonly Promise<unknown>[] => [
    redis.multi({ pipeline: false }),
    ...steps.map(([name, key, ...args]) =>
      isText(args) ? sendTextCommand(redis, name, key, args) : redis.call(name, key, ...args),
    ),
    redis.exec(),
  ])
  const settled = await Promise.allSettled(queued)
  const refused = settled.find((each) => each.status === 'rejected')
  if (refused) throw refused.reason
  return (settled.at(-1) as PromiseFulfilledResult<Replies>).value
}

function piped(redis: RedisClient, steps: readonly Step[]): Promise<Replies> {
  const write = redis.multi()
  for (const [name, key, ...args] of steps) {
    if (isText(args)) addTextCommand(write, name, key, args)
    else write.call(name, key, ...args)
  }
  return write.exec().catch(refusedTransaction)
}

const isText = (
  args: readonly (string | number | Buffer)[] | readonly (string | Block)[],
): args is readonly (string | Block)[] =>
  args.every((arg) => typeof arg === 'string' || (typeof arg === 'object' && 'writeTo' in arg))
