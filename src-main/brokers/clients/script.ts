import { createHash } from 'node:crypto'
import type { RedisClient } from './redis'

/** One Lua script: its text and the sha1 that Redis knows it by. */
export interface Script {
  readonly text: string
  readonly sha: string
}

export const script = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') })

export type ScriptArg = string | number | Buffer

/** Runs a script that may write: EVALSHA, and one EVAL when the server does not know it (restart, SCRIPT FLUSH). Strings come back as Buffers. */
export function runScript(
  redis: RedisClient,
  code: Script,
  keys: readonly string[],
  args: readonly ScriptArg[],
): Promise<unknown> {
  return call(redis, 'EVALSHA', 'EVAL', code, keys, args)
}

/** The same for a script that only reads: the server refuses any write in it (Redis 7.0 and newer). */
export function runReadOnlyScript(
  redis: RedisClient,
  code: Script,
  keys: readonly string[],
  args: readonly ScriptArg[],
): Promise<unknown> {
  return call(redis, 'EVALSHA_RO', 'EVAL_RO', code, keys, args)
}

async function call(
  redis: RedisClient,
  bySha: string,
  byText: string,
  code: Script,
  keys: readonly string[],
  args: readonly ScriptArg[],
): Promise<unknown> {
  try {
    return await redis.callBuffer(bySha, code.sha, keys.length, ...keys, ...args)
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return await redis.callBuffer(byText, code.text, keys.length, ...keys, ...args)
  }
}
