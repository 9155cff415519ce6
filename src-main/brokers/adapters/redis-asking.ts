import { Failure } from '@shared/failure'
import { Cluster } from 'ioredis'
import type { Clock } from '../../runtime/clock'
import type { RedisClient } from '../clients/redis'
import { redisFailure } from '../clients/redis-failure'

export type Command = readonly [name: string, ...args: (string | number | Buffer)[]]

/** What one command of several came back with; a refusal by the server is an answer too. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly refusal: Error; readonly command: Command }

/**
 * Writes all commands before the first answer is awaited; values come as Buffers. On a cluster, where keys stand in many slots,
 * each goes by itself. Throws a Failure when the connection is gone.
 */
export async function askAll(redis: RedisClient, commands: readonly Command[]): Promise<readonly Answer[]> {
  if (commands.length === 0) return []
  if (redis instanceof Cluster) {
    return await Promise.all(
      commands.map((command) => {
        const [name, ...args] = command
        return redis.callBuffer(name, ...args).then(
          (value): Answer => ({ ok: true, value }),
          (error: unknown): Answer => refused(error, command),
        )
      }),
    )
  }
  const pipeline = redis.pipeline()
  for (const [name, ...args] of commands) pipeline.callBuffer(name, ...args)
  const results = await pipeline.exec().catch((error: unknown) => {
    throw failureOf(error)
  })
  if (!results) throw failureOf(new Error('Connection is closed.'))
  return results.map(
    ([error, value], index): Answer => (error ? refused(error, commands[index]!) : { ok: true, value }),
  )
}

/** The same where any refusal ends the question; a key of another type is named with what it holds. */
export async function ask(redis: RedisClient, commands: readonly Command[]): Promise<readonly unknown[]> {
  const answers = await askAll(redis, commands)
  const bad = answers.find((answer) => !answer.ok)
  if (bad && !bad.ok) throw await explained(redis, bad)
  return answers.map((answer) => (answer.ok ? answer.value : null))
}

export async function askOne(redis: RedisClient, command: Command): Promise<unknown> {
  return (await ask(redis, [command]))[0]
}

/** What a refusal means, as a person can act on it. Asks for the type of a key that is of the wrong one. */
export async function explained(
  redis: RedisClient,
  { refusal, command }: { readonly refusal: Error; readonly command: Command },
): Promise<Failure> {
  const [name] = command
  const key = keyOf(command)
  const [word] = refusal.message.split(' ', 1)
  if (word === 'NOPERM') {
    const { hint } = redisFailure(refusal, 'Redis')
    const message = `This user may not run ${name} on ${key}.`
    return new Failure({ code: 'denied', message, hint, subject: name }, { cause: refusal })
  }
  if (word !== 'WRONGTYPE') return failureOf(refusal)
  const [type] = await askAll(redis, [['TYPE', key]])
  const actual = type?.ok ? textOf(type.value) : null
  return wrongType({ key, actual, expected: kindFor[name] ?? 'value of another type', cause: refusal })
}

export const wrongType = (at: {
  readonly key: string
  readonly actual: string | null
  readonly expected: string
  readonly cause?: unknown
}) =>
  new Failure(
    {
      code: 'wrong-type',
      message: `${at.key} holds a ${wordOf(at.actual)} where this layout keeps a ${at.expected}.`,
      hint: 'Something else writes to this key: find out what, and give one of the two another name. Nothing was changed.',
      subject: at.key,
    },
    { cause: at.cause },
  )

/** The server understood and said no; nothing was changed by it. */
export const isRefusal = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError'

/** ioredis refuses to write while it is not connected: such a command was never sent. */
export const wasNeverSent = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('enableOfflineQueue')

export const failureOf = (error: unknown): Failure => (error instanceof Failure ? error : redisFailure(error, 'Redis'))

/** Milliseconds by the server's clock; TIME stands in no ACL category of reads, and then this machine's must do. */
export async function brokerTime(redis: RedisClient, clock: Clock): Promise<number> {
  if (redis instanceof Cluster) return clock.now()
  const [answer] = await askAll(redis, [['TIME']])
  return timeOf(answer, clock)
}

export function timeOf(answer: Answer | undefined, clock: Clock): number {
  const [seconds, micros] = answer?.ok ? listOf(answer.value).map(numberOf) : []
  return typeof seconds === 'number' ? seconds * 1000 + Math.floor((micros ?? 0) / 1000) : clock.now()
}

export const textOf = (value: unknown): string | null =>
  Buffer.isBuffer(value) ? value.toString('utf8') : typeof value === 'string' ? value : null

export const numberOf = (value: unknown): number | null => {
  if (typeof value === 'number') return value
  const text = textOf(value)
  if (text === null || text.trim() === '') return null
  const number = Number(text)
  return Number.isFinite(number) ? number : null
}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const buffersOf = (value: unknown): readonly Buffer[] =>
  listOf(value).filter((item): item is Buffer => Buffer.isBuffer(item))

/** Rows of an answer that RESP3 nests in pairs and RESP2 tells flat. */
export function pairsOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  const list = listOf(value)
  return list.every(Array.isArray) ? list.map((pair) => [listOf(pair)[0], listOf(pair)[1]]) : alternating(list)
}

/** A map that is told as names and values in turn: XINFO's. */
export const mapOf = (value: unknown): ReadonlyMap<string, unknown> =>
  new Map(alternating(listOf(value)).map(([name, each]) => [textOf(name) ?? '', each]))

const alternating = (list: readonly unknown[]): readonly (readonly [unknown, unknown])[] =>
  Array.from({ length: Math.floor(list.length / 2) }, (_, index) => [list[index * 2], list[index * 2 + 1]])

function refused(error: unknown, command: Command): Answer {
  if (!isRefusal(error)) throw failureOf(error)
  return { ok: false, refusal: error, command }
}

const keyOf = ([name, first, second]: Command): string =>
  String(/^(XINFO|MEMORY|OBJECT)$/.test(name) ? (second ?? '') : (first ?? ''))

const wordOf = (type: string | null): string => (type === 'zset' ? 'sorted set' : (type ?? 'value of another type'))

const kindFor: Readonly<Record<string, string>> = {
  LLEN: 'list',
  LRANGE: 'list',
  LINDEX: 'list',
  ZCARD: 'sorted set',
  ZRANGE: 'sorted set',
  ZREVRANGE: 'sorted set',
  ZCOUNT: 'sorted set',
  ZSCORE: 'sorted set',
  ZMSCORE: 'sorted set',
  HLEN: 'hash',
  HGET: 'hash',
  HSCAN: 'hash',
  XLEN: 'stream',
  XINFO: 'stream',
  XRANGE: 'stream',
  XREVRANGE: 'stream',
  XPENDING: 'stream',
}
