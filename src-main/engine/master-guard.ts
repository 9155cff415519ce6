import { Failure } from '@shared/failure'
import type { RedisClient } from '../brokers/clients/redis'
import type { Clock } from '../runtime/clock'

/**
 * Lets nothing be written unless the server at the other end says that it is a master: after a failover a client may find
 * itself with the old one, which takes writes and loses them when it is demoted.
 *
 * States: unknown -> (asked) master or replica; any -> (connection closed) unknown -> (connected again, asked).
 */
export class MasterGuard {
  private refusal: Failure | undefined
  private asked: Promise<void> | undefined
  private askedAt = Number.NEGATIVE_INFINITY
  private readonly forget = () => {
    this.refusal = new Failure({
      code: 'unreachable',
      message: `${this.options.where} is not connected: nothing was sent.`,
      hint: 'The engine reconnects by itself.',
    })
  }
  private readonly askAgain = () => {
    this.ask().catch(() => {})
  }

  constructor(
    private readonly options: { readonly redis: RedisClient; readonly where: string; readonly clock: Clock },
  ) {
    options.redis.on('close', this.forget)
    options.redis.on('ready', this.askAgain)
  }

  /** Throws the Failure for whoever wants to write now. */
  readonly mayWrite = (): void => {
    if (this.refusal === undefined) return
    // A replica may have become the master since.
    if (this.options.redis.status === 'ready' && this.options.clock.elapsed() - this.askedAt > askAgainMs)
      this.askAgain()
    throw this.refusal
  }

  /** Asks for the role; one question at a time. */
  ask(): Promise<void> {
    this.asked ??= this.question().finally(() => {
      this.asked = undefined
    })
    return this.asked
  }

  stop(): void {
    this.options.redis.off('close', this.forget)
    this.options.redis.off('ready', this.askAgain)
  }

  private async question(): Promise<void> {
    const { redis, where, clock } = this.options
    this.askedAt = clock.elapsed()
    const role = await roleOf(redis)
    this.refusal =
      role === 'slave'
        ? new Failure({
            code: 'broker-state',
            message: `${where} is a replica: it takes no writes.`,
            hint: 'Connect to the master, or name the Sentinels, who know it.',
          })
        : undefined
  }
}

const askAgainMs = 1_000

/** Undefined where this user may ask neither way: then the server's own refusals must do. */
async function roleOf(redis: RedisClient): Promise<string | undefined> {
  try {
    const [role] = (await redis.call('ROLE')) as [unknown]
    return String(role)
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ReplyError') throw error
  }
  try {
    return /^role:(\w+)/m.exec(String(await redis.info('replication')))?.[1]
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ReplyError') throw error
    return undefined
  }
}
