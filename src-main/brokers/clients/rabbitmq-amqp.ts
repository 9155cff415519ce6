import { Failure } from '@shared/failure'
import { type Channel, type ChannelModel, connect, type GetMessage } from 'amqplib'
import type { Clock } from '../../runtime/clock'
import { amqpFailure, type RabbitmqAct } from './rabbitmq-failure'
import { cutOff, keepRawProperties, rawPropertiesOf } from './rabbitmq-wire'

export interface AmqpTarget {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  readonly tls: { readonly ca: string | null; readonly verify: boolean } | null
}

/** What a channel is used for, for the words of what goes wrong on it. */
export interface ChannelUse {
  readonly vhost: string
  readonly queue: string
  /** "look into orders". */
  readonly act: string
}

/** A message that is held here until it is settled. */
export interface Taken {
  readonly body: Buffer
  /** As they travelled, see rabbitmq-properties. */
  readonly properties: Buffer
  readonly exchange: string
  readonly routingKey: string
  readonly redelivered: boolean
  readonly message: GetMessage
}

/** One channel that takes messages by basic.get. Whatever is not settled when it ends goes back to the queue. */
export interface Taker {
  /** The next in line; null: the queue is empty. */
  get(): Promise<Taken | null>
  /** For good. */
  acknowledge(taken: Taken): void
  /** All that is still held: in a classic queue, to where it stood. */
  giveBack(): void
  /** Resolves when the broker has heard all that was said before. */
  heard(): Promise<void>
}

/** One connection that is open, and what it was told meanwhile. */
export interface OpenAmqp {
  readonly model: ChannelModel
  /** Why the broker takes nothing more from this connection ("low on memory"); null: it does. */
  readonly blocked: string | null
}

const connectWithinMs = 5_000
export const answerWithinMs = 15_000

/**
 * The AMQP side of one broker. A virtual host has two connections at most, opened when they are first needed: the broker stops
 * reading from one that publishes while an alarm is on, and what is held on the other must still find its way back. Channels are
 * thrown away after each use, since any refusal closes them. Nothing reconnects by itself: the next use opens a new connection.
 */
export class RabbitmqAmqp {
  /** "host:port", for messages. */
  readonly where: string
  private readonly connections = new Map<string, Promise<OpenAmqp>>()
  private closed = false

  constructor(
    private readonly target: AmqpTarget,
    readonly clock: Clock,
  ) {
    this.where = `${target.host}:${target.port}`
  }

  /** Opens a channel for `use`, and closes it whatever happens. */
  async taking<T>({ vhost, queue, act }: ChannelUse, use: (taker: Taker) => Promise<T>): Promise<T> {
    return await this.onChannel({ vhost, queue, act }, async (channel, answered) =>
      use({
        async get() {
          const message = await answered(channel.get(queue))
          if (!message) return null
          const { exchange, routingKey, redelivered } = message.fields
          const properties = rawPropertiesOf(message)
          return { body: message.content, properties, exchange, routingKey, redelivered, message }
        },
        acknowledge: (taken) => channel.ack(taken.message),
        giveBack: () => channel.nackAll(true),
        // A question on the same channel is answered after what was said before it.
        heard: async () => void (await answered(channel.prefetch(0))),
      }),
    )
  }

  /** The same with amqplib's channel itself; `answered` bounds each wait for the broker. */
  async onChannel<T>(
    { vhost, queue, act }: ChannelUse,
    use: (channel: Channel, answered: <A>(answer: Promise<A>) => Promise<A>) => Promise<T>,
  ): Promise<T> {
    const about: RabbitmqAct = { act, where: this.where, queue, vhost }
    const { model } = await this.connection(vhost, 'taking')
    let refusal: unknown
    try {
      const channel = await this.answered(model, about, model.createChannel())
      channel.on('error', (error) => {
        refusal = error
      })
      try {
        return await use(channel, (answer) => this.answered(model, about, answer))
      } finally {
        // Closed already where the broker refused something.
        await this.answered(model, about, channel.close()).catch(() => {})
      }
    } catch (error) {
      throw error instanceof Failure ? error : amqpFailure(refusal ?? error, about)
    }
  }

  /** The connection that publishes; opened anew when the one before was lost. */
  async publishing(vhost: string): Promise<OpenAmqp> {
    return await this.connection(vhost, 'publishing')
  }

  /** Waits for the broker's answer a bounded time; then the connection is given up, since whatever is held on it must go back. */
  async answered<A>(model: ChannelModel, about: RabbitmqAct, answer: Promise<A>): Promise<A> {
    answer.catch(() => {})
    return await new Promise<A>((resolve, reject) => {
      const cancel = this.clock.after(answerWithinMs, () => {
        cutOff(model)
        reject(amqpFailure(new Error('timed out'), about))
      })
      answer.then(resolve, reject).finally(cancel)
    })
  }

  async close(): Promise<void> {
    this.closed = true
    const open = [...this.connections.values()]
    this.connections.clear()
    await Promise.all(
      open.map(async (opening) => {
        const connection = await opening.catch(() => undefined)
        if (!connection) return
        const { model } = connection
        const about = { act: 'say goodbye', where: this.where }
        await this.answered(model, about, model.close()).catch(() => cutOff(model))
      }),
    )
  }

  private connection(vhost: string, purpose: 'taking' | 'publishing'): Promise<OpenAmqp> {
    const key = `${purpose} ${vhost}`
    const known = this.connections.get(key)
    if (known !== undefined) return known
    const forget = () => {
      if (this.connections.get(key) === opening) this.connections.delete(key)
    }
    const opening = this.open(vhost, purpose, forget)
    this.connections.set(key, opening)
    opening.catch(forget)
    return opening
  }

  private async open(vhost: string, purpose: string, forget: () => void): Promise<OpenAmqp> {
    if (this.closed) throw new Failure({ code: 'closed', message: `The connection to ${this.where} was closed.` })
    const { host, port, username, password, tls } = this.target
    try {
      const model = await connect(
        {
          protocol: tls ? 'amqps' : 'amqp',
          hostname: host,
          port,
          username,
          password,
          // amqplib takes it as it would stand in a URL.
          vhost: encodeURIComponent(vhost),
          heartbeat: 20,
        },
        {
          timeout: connectWithinMs,
          noDelay: true,
          keepAlive: true,
          clientProperties: { connection_name: `Queuescope (${purpose})` },
          ...(tls ? { rejectUnauthorized: tls.verify, ...(tls.ca ? { ca: tls.ca } : {}) } : {}),
        },
      )
      keepRawProperties(model)
      const open: { model: ChannelModel; blocked: string | null } = { model, blocked: null }
      // Whoever uses a channel hears of it there; an unheard 'error' would end the process.
      model.on('error', () => {})
      model.on('close', forget)
      model.on('blocked', (reason) => {
        open.blocked = reason
      })
      model.on('unblocked', () => {
        open.blocked = null
      })
      return open
    } catch (error) {
      throw amqpFailure(error, { act: `enter the virtual host ${vhost}`, where: this.where, vhost })
    }
  }
}
