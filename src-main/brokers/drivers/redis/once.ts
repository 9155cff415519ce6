import { runScript } from '../../clients/script'
import type { Idempotency } from '../../driver'
import { onceKey } from './keys'
import type { QueueAsker } from './queue-asker'
import * as scripts from './scripts/once'

/** Keys that a handler claims before an effect that must not happen twice. */
export class Once implements Idempotency {
  constructor(private readonly asker: QueueAsker) {}

  async claim(queue: string, key: string, { owner, ttlMs }: { readonly owner: string; readonly ttlMs: number }) {
    const there = await this.run(queue, key, scripts.claim, [owner, ttlMs])
    const text = String(there)
    if (text === 'n') return { state: 'claimed' } as const
    if (text.startsWith('c')) return { state: 'busy' } as const
    return { state: 'done', result: text === 'd' ? null : text.slice(1) } as const
  }

  async complete(
    queue: string,
    key: string,
    { owner, result, ttlMs }: { readonly owner: string; readonly result: string | null; readonly ttlMs: number },
  ): Promise<boolean> {
    return (await this.run(queue, key, scripts.complete, [owner, result ?? '', ttlMs])) === 1
  }

  async release(queue: string, key: string, owner: string): Promise<boolean> {
    return (await this.run(queue, key, scripts.release, [owner])) === 1
  }

  private run(queue: string, key: string, script: Parameters<typeof runScript>[1], args: (string | number)[]) {
    const keys = this.asker.keysOf(queue)
    return this.asker.ask(keys, 'once', () => runScript(this.asker.redis, script, [onceKey(keys, key)], args))
  }
}
