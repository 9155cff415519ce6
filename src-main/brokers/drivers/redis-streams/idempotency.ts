import { runScript, type Script, type ScriptArg } from '../../clients/script'
import type { Idempotency } from '../../driver'
import type { Asking } from './asking'
import { idempotencyKey } from './keys'
import * as scripts from './scripts/idempotency'

export function idempotency(asking: Asking): Idempotency {
  const run = (queue: string, act: string, script: Script, key: string, args: readonly ScriptArg[]) =>
    asking.guarded(queue, act, () => runScript(asking.redis, script, [idempotencyKey(asking.keysOf(queue), key)], args))
  return {
    async claim(queue, key, { owner, ttlMs }) {
      const found = String(await run(queue, 'claim a key', scripts.claim, key, [owner, Math.max(Math.round(ttlMs), 1)]))
      switch (found[0]) {
        case undefined:
          return { state: 'claimed' }
        case 'c':
          return { state: 'busy' }
        case 'd':
          return { state: 'done', result: found.slice(1) }
        default:
          return { state: 'done', result: null }
      }
    },
    async complete(queue, key, { owner, result, ttlMs }) {
      const kept = result === null ? 'n' : `d${result}`
      const args = [owner, kept, Math.max(Math.round(ttlMs), 1)]
      return (await run(queue, 'complete a key', scripts.end, key, args)) === 1
    },
    release: async (queue, key, owner) => (await run(queue, 'release a key', scripts.end, key, [owner, '', 0])) === 1,
  }
}
