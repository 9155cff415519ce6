import { asked } from '../../clients/asked'
import type { RedisClient } from '../../clients/redis'
import { runScript, type Script, type ScriptArg } from '../../clients/script'
import { askedQueue, type QueueKeys, queueKeys, registryKey } from './keys'
import { richAnswer } from './scripts/fragments'

/** Asks Redis about queues of one prefix; what goes wrong comes out as a Failure that names the queue and the act. */
export class QueueAsker {
  private readonly known = new Map<string, QueueKeys>()
  private readonly registered = new Map<string, Promise<unknown>>()
  /** Queues in which only the rich scripts may move anything. */
  private readonly rich = new Set<string>()

  constructor(
    readonly redis: RedisClient,
    readonly prefix: string,
  ) {}

  keysOf(queue: string): QueueKeys {
    const known = this.known.get(queue)
    if (known) return known
    const keys = queueKeys(this.prefix, queue)
    this.known.set(queue, keys)
    return keys
  }

  ask<Answer>(keys: QueueKeys, act: string, ask: () => Promise<Answer>): Promise<Answer> {
    return asked(this.redis, askedQueue(keys), act, ask)
  }

  run(
    keys: QueueKeys,
    act: string,
    script: Script,
    names: readonly string[],
    args: readonly ScriptArg[],
  ): Promise<unknown> {
    return this.ask(keys, act, () => runScript(this.redis, script, names, args))
  }

  /** Runs a script that knows all keys of a queue. */
  runWhole(keys: QueueKeys, act: string, script: Script, args: readonly ScriptArg[]): Promise<unknown> {
    return this.run(keys, act, script, [keys.state], args)
  }

  /** The short way where the queue holds plain messages only; the long one from the first time on that it says otherwise. */
  async eitherWay(
    keys: QueueKeys,
    plain: () => Promise<unknown>,
    rich: () => Promise<unknown>,
  ): Promise<{ readonly reply: unknown; readonly isRich: boolean }> {
    if (!this.rich.has(keys.name)) {
      const reply = await plain()
      if (reply !== richAnswer) return { reply, isRich: false }
      this.rich.add(keys.name)
    }
    return { reply: await rich(), isRich: true }
  }

  isRich(keys: QueueKeys): boolean {
    return this.rich.has(keys.name)
  }

  /** Enters the queue into the registry, once per connection. */
  register(keys: QueueKeys): Promise<unknown> {
    const under = this.registered.get(keys.name)
    if (under !== undefined) return under
    const registering = this.ask(keys, 'register', () => this.redis.sadd(registryKey(this.prefix), keys.name))
    this.registered.set(keys.name, registering)
    registering.catch(() => this.registered.delete(keys.name))
    return registering
  }

  /** A server that comes back may have lost everything, the registry too. */
  forget(): void {
    this.registered.clear()
    this.rich.clear()
  }
}
