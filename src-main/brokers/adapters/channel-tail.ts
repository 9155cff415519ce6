import { Failure } from '@shared/failure'
import type { ChannelName, TailedMessage, TailPiece } from '@shared/model/tail'
import { type Clock, systemClock } from '../../runtime/clock'
import type { RedisClient } from '../clients/redis'
import { redisFailure } from '../clients/redis-failure'

/** What is kept for a reader who is slow; what comes then is counted and not kept. */
const mostKept = 1_000
const mostKeptBytes = 8 * 1024 * 1024
/** A body is shown up to this size. */
const shownBytes = 64 * 1024

/** Who adds an event and publishes it does both within this. */
const publishedWithinMs = 1_000

/**
 * What is published on a channel from now on, on a connection of its own: a subscriber's takes no other commands. Ends with the
 * signal; throws a Failure when the connection is lost, since what is published meanwhile is lost with it.
 */
export async function* tailChannel(
  redis: RedisClient,
  channel: ChannelName,
  signal: AbortSignal,
  { clock = systemClock, onSubscribed }: TailChannelOptions = {},
): AsyncGenerator<TailPiece> {
  if (signal.aborted) return
  const subscriber = anotherConnection(redis)
  const heard = new Heard(clock)
  const hear = (_: Buffer, body: Buffer) => heard.take(body)
  const hearMatch = (_: string, from: Buffer, body: Buffer) => heard.take(body, from.toString('utf8'))
  const end = () => heard.end(null)
  subscriber.on('messageBuffer', hear)
  subscriber.on('pmessageBuffer', hearMatch)
  subscriber.on('close', () => heard.end(lost(channel.name)))
  subscriber.on('error', () => {})
  signal.addEventListener('abort', end, { once: true })
  try {
    await subscribe(subscriber, channel)
    const before = (await onSubscribed?.()) ?? []
    if (before.length > 0) yield { messages: [...before], missed: 0 }
    const listed = new Set(before.map(({ base64 }) => base64))
    const listedUntil = clock.now() + publishedWithinMs
    for (;;) {
      const piece = await heard.next()
      if (!piece) return
      // What was added before it was listed, and published after, is shown once.
      const messages = piece.messages.filter(({ base64, at }) => at > listedUntil || !listed.delete(base64))
      if (messages.length > 0 || piece.missed > 0) yield { messages, missed: piece.missed }
    }
  } finally {
    signal.removeEventListener('abort', end)
    subscriber.disconnect()
  }
}

export interface TailChannelOptions {
  readonly clock?: Clock
  /** What there is already, asked for once nothing can be missed any more. */
  readonly onSubscribed?: () => Promise<readonly TailedMessage[]>
}

/** Messages between the connection and whoever reads them. */
class Heard {
  private kept: TailedMessage[] = []
  private keptBytes = 0
  private missed = 0
  private ended: { readonly failure: Failure | null } | undefined
  private wake: (() => void) | undefined

  constructor(private readonly clock: Clock) {}

  take(body: Buffer, channel?: string): void {
    if (this.kept.length >= mostKept || this.keptBytes >= mostKeptBytes) this.missed += 1
    else {
      const shown = body.subarray(0, shownBytes)
      this.keptBytes += shown.length
      const base64 = shown.toString('base64')
      const at = this.clock.now()
      this.kept.push({
        id: null,
        at,
        base64,
        bytes: body.length,
        attributes: [],
        ...(channel !== undefined && { channel }),
      })
    }
    this.wake?.()
  }

  /** Ending twice is harmless; the first end counts. */
  end(failure: Failure | null): void {
    this.ended ??= { failure }
    this.wake?.()
  }

  /** null: it has ended. */
  async next(): Promise<TailPiece | null> {
    while (this.kept.length === 0 && this.missed === 0) {
      if (this.ended?.failure) throw this.ended.failure
      if (this.ended) return null
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
    const piece = { messages: this.kept, missed: this.missed }
    this.kept = []
    this.keptBytes = 0
    this.missed = 0
    return piece
  }
}

/** One that does not come back by itself: a gap in what is heard must not pass unseen. */
const anotherConnection = (redis: RedisClient): RedisClient =>
  'nodes' in redis
    ? redis.duplicate([], { lazyConnect: true, clusterRetryStrategy: () => null })
    : redis.duplicate({ lazyConnect: true, retryStrategy: () => null })

async function subscribe(subscriber: RedisClient, { name, isPattern }: ChannelName): Promise<void> {
  try {
    await subscriber.connect()
    await (isPattern ? subscriber.psubscribe(name) : subscriber.subscribe(name))
  } catch (error) {
    const isDenied = error instanceof Error && error.message.startsWith('NOPERM')
    if (!isDenied) throw redisFailure(error, 'Redis')
    throw new Failure(
      {
        code: 'denied',
        message: `This user may not listen to ${name}.`,
        hint: `Grant it with ACL SETUSER ... +${isPattern ? 'p' : ''}subscribe &${name}`,
        subject: isPattern ? 'PSUBSCRIBE' : 'SUBSCRIBE',
      },
      { cause: error },
    )
  }
}

const lost = (channel: string) =>
  new Failure({
    code: 'unreachable',
    message: `The connection that listened to ${channel} was lost.`,
    hint: 'What was published since then is lost too. Listen again.',
    subject: channel,
  })
