import { systemClock } from '../../../runtime/clock'
import { asked } from '../../clients/asked'
import type { RedisClient } from '../../clients/redis'
import { runScript, type Script, type ScriptArg } from '../../clients/script'
import { askedQueue, registryKey, type StreamKeys, streamKeys } from './keys'
import { makeGroup } from './scripts/group'

export interface AskingOptions {
  readonly redis: RedisClient
  readonly prefix: string
  readonly group: string
  /** Of a queue whose stream others own. */
  readonly streamKey: ((queue: string) => string) | undefined
  /** What all groups have acked is deleted. */
  readonly deletes: boolean
}

const registerEveryMs = 60_000

/** Runs scripts with the keys of a queue, and sees to it that its group exists. */
export class Asking {
  private readonly known = new Map<string, StreamKeys>()
  /** When each was entered last. */
  private readonly registered = new Map<string, number>()

  constructor(readonly options: AskingOptions) {}

  get redis(): RedisClient {
    return this.options.redis
  }

  keysOf(queue: string): StreamKeys {
    const known = this.known.get(queue)
    if (known) return known
    const { prefix, group, streamKey } = this.options
    const keys = streamKeys({ prefix, queue, group, streamKey: streamKey?.(queue) })
    this.known.set(queue, keys)
    return keys
  }

  /** A script that finds no group has done nothing: the group is made, and it runs once more. */
  async run(
    queue: string,
    act: string,
    script: Script,
    args: readonly ScriptArg[],
    more: readonly string[] = [],
  ): Promise<unknown> {
    const keys = this.keysOf(queue)
    const { group, deletes } = this.options
    const ask = () =>
      asked(this.redis, askedQueue(keys), act, () =>
        runScript(this.redis, script, [...keys.all, ...more], [group, deletes ? '1' : '0', ...args]),
      )
    try {
      return await ask()
    } catch (error) {
      if (!isGroupMissing(error)) throw error
      await this.makeGroup(queue)
      return await ask()
    }
  }

  guarded<Answer>(queue: string, act: string, ask: () => Promise<Answer>): Promise<Answer> {
    return asked(this.redis, askedQueue(this.keysOf(queue)), act, ask)
  }

  /** From the first entry on: what was produced before anybody listened is not skipped. */
  async makeGroup(queue: string): Promise<void> {
    const keys = this.keysOf(queue)
    await this.guarded(queue, 'make the group', () =>
      runScript(this.redis, makeGroup, [keys.of.stream], [this.options.group]),
    )
  }

  /** So that the queue can be found by its name, also on a server that lost its memory; a stream of others is found by its own. */
  async register(queue: string): Promise<void> {
    const now = systemClock.elapsed()
    const last = this.registered.get(queue)
    if (this.options.streamKey || (last !== undefined && now - last < registerEveryMs)) return
    this.registered.set(queue, now)
    try {
      await this.guarded(queue, 'register', () => this.redis.sadd(registryKey(this.options.prefix), queue))
    } catch (error) {
      this.registered.delete(queue)
      throw error
    }
  }
}

/** True when a script found no stream or no group, and did nothing. */
const isGroupMissing = (error: unknown): boolean =>
  error instanceof Error && /^(NOGROUP|ERR no such key)/.test(error.message)
