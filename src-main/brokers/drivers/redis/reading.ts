import { isFailure } from '@shared/failure'
import type { QueueAddress } from '@shared/model/queue'
import { Cluster } from 'ioredis'
import { systemClock } from '../../../runtime/clock'
import { wrongType } from '../../clients/asked'
import type { RedisClient } from '../../clients/redis'
import { redisFailure } from '../../clients/redis-failure'
import { runReadOnlyScript } from '../../clients/script'
import { type Reading, unreadable } from '../../reader'
import { figureCommands, figuresOfReplies, figuresOfScript, readingOf } from './figures'
import { expectedTypes, type QueueKeys, queueKeys } from './keys'
import { readQueues } from './scripts/read'

/** Keeps one call of the server at about a third of a millisecond, and below one where every queue has all ten priorities. */
const queuesPerCall = 150

/**
 * Reads the figures of many queues: by one read-only script per 150 of them or, where the server has no such scripts,
 * spreads keys over nodes, or permits none to this user, by plain commands in one write. Which of the two is found
 * out once per connection.
 */
export class QueueReading {
  private plain: boolean
  private readonly known = new Map<string, QueueKeys>()

  constructor(private readonly redis: RedisClient) {
    this.plain = redis instanceof Cluster
  }

  async read(queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
    const named = queues.map((queue) => this.keysOf(queue))
    const good = named.filter((keys) => 'state' in keys)
    const chunks: QueueKeys[][] = []
    for (let at = 0; at < good.length; at += queuesPerCall) chunks.push(good.slice(at, at + queuesPerCall))
    const readings = (await Promise.all(chunks.map((chunk) => this.readChunk(chunk)))).flat()
    return named.map((keys) => ('state' in keys ? readings.shift()! : keys))
  }

  private keysOf(queue: QueueAddress): QueueKeys | Reading {
    const at = `${queue.prefix} ${queue.name}`
    const known = this.known.get(at)
    if (known) return known
    try {
      const keys = queueKeys(queue.prefix, queue.name)
      this.known.set(at, keys)
      return keys
    } catch (error) {
      if (isFailure(error)) return unreadable(error.message)
      throw error
    }
  }

  private async readChunk(chunk: readonly QueueKeys[]): Promise<readonly Reading[]> {
    if (this.plain) return this.readPlainly(chunk)
    try {
      return await this.readByScript(chunk)
    } catch (error) {
      if (
        !(error instanceof Error) ||
        !/NOPERM|unknown command|CROSSSLOT|undeclared|not supported/i.test(error.message)
      )
        throw redisFailure(error, 'Redis')
      this.plain = true
      return this.readPlainly(chunk)
    }
  }

  private async readByScript(chunk: readonly QueueKeys[]): Promise<readonly Reading[]> {
    const bases = chunk.map((keys) => keys.base)
    const answer = await runReadOnlyScript(this.redis, readQueues, [], bases)
    const { now, figures } = figuresOfScript(answer, chunk.length)
    const refused = chunk.filter((_, index) => figures[index] === undefined)
    const explained = refused.length === 0 ? [] : [...(await this.readPlainly(refused))]
    // Both in the order of the chunk.
    return figures.map((own) => (own ? readingOf(own, now) : explained.shift()!))
  }

  private async readPlainly(chunk: readonly QueueKeys[]): Promise<readonly Reading[]> {
    const settled = (asked: Promise<unknown>) => asked.catch((error: unknown) => error)
    // All commands are written before the first answer is awaited; a cluster client sends each to its node.
    const time = this.redis.time().catch((error: unknown) => error)
    const asked = chunk.map((keys) =>
      Promise.all(figureCommands(keys).map(([name, ...args]) => settled(this.redis.callBuffer(name, ...args)))),
    )
    const now = this.timeOf(await time)
    return Promise.all(
      asked.map(async (replies, index) => {
        const keys = chunk[index]!
        const figures = figuresOfReplies(keys, await replies)
        return 'error' in figures
          ? this.troubled(keys, String(figures.command[1]), figures.error)
          : readingOf(figures, now)
      }),
    )
  }

  /** TIME stands in no category of reads: where this user may not ask it, this machine's clock must do. */
  private timeOf(answer: unknown): number {
    if (Array.isArray(answer)) return Number(answer[0]) * 1_000 + Math.floor(Number(answer[1]) / 1_000)
    if (answer instanceof Error && answer.message.startsWith('NOPERM')) return systemClock.now()
    throw redisFailure(answer, 'Redis')
  }

  private async troubled(keys: QueueKeys, key: string, error: Error): Promise<Reading> {
    if (!error.message.includes('WRONGTYPE')) return unreadable(`${key}: ${redisFailure(error, 'Redis').message}`)
    const expected = expectedTypes(keys).find(([name]) => name === key)?.[1] ?? 'another type'
    const actual = await this.redis.type(key).catch(() => 'something else')
    return unreadable(wrongType(key, expected, actual))
  }
}
