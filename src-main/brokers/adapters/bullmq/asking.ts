import { Failure } from '@shared/failure'
import type { RedisClient } from '../../clients/redis'
import { redisFailure } from '../../clients/redis-failure'

export type Command = readonly [name: string, ...args: (string | number | Buffer)[]]

/** What one command of several came back with; a refusal by the server is an answer too. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly refusal: Error; readonly command: Command }

/**
 * Writes all commands before the first answer is awaited, in one pipeline; values come as Buffers. On a cluster the
 * keys must be of one queue, whose hash tag keeps them in one slot. Throws a Failure when the connection is gone.
 */
export async function askAll(redis: RedisClient, commands: readonly Command[]): Promise<readonly Answer[]> {
  if (commands.length === 0) return []
  const pipeline = redis.pipeline()
  for (const [name, ...args] of commands) pipeline.callBuffer(name, ...args)
  const results = await pipeline.exec().catch((error: unknown) => {
    throw failureOf(error, 'the queue')
  })
  if (!results) throw failureOf(new Error('Connection is closed.'), 'the queue')
  return results.map(([error, value], index): Answer => {
    if (!error) return { ok: true, value }
    if (!isRefusal(error)) throw failureOf(error, 'the queue')
    return { ok: false, refusal: error, command: commands[index]! }
  })
}

/** The same where any refusal ends the question. */
export async function ask(redis: RedisClient, commands: readonly Command[]): Promise<readonly unknown[]> {
  const answers = await askAll(redis, commands)
  return answers.map((answer) => {
    if (!answer.ok) throw failureOf(answer.refusal, String(answer.command[1] ?? ''), answer.command[0])
    return answer.value
  })
}

/** The server understood and said no; nothing was changed by it. */
export const isRefusal = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError'

/** ioredis refuses to write while it is not connected: such a command was never sent. */
export const wasNeverSent = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('enableOfflineQueue')

/** The server's error as a person can act on it. `subject` is the key, `command` what was asked. */
export function failureOf(error: unknown, subject: string, command?: string): Failure {
  if (error instanceof Failure) return error
  const word = error instanceof Error ? error.message.split(' ', 1)[0] : ''
  if (word === 'NOPERM' && command) {
    const denied = redisFailure(error, 'Redis')
    return new Failure(
      {
        code: 'denied',
        message: `This user may not run ${command} on ${subject}.`,
        hint: denied.hint,
        subject: command,
      },
      { cause: error },
    )
  }
  if (word === 'WRONGTYPE') {
    return new Failure(
      { code: 'wrong-type', message: `${subject} holds another type than BullMQ keeps there.`, subject },
      { cause: error },
    )
  }
  return redisFailure(error, 'Redis')
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
