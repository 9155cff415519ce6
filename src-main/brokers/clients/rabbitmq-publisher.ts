import type { ConfirmChannel, Message } from 'amqplib'
import { answerWithinMs, type OpenAmqp, type RabbitmqAmqp } from './rabbitmq-amqp'
import { amqpFailure } from './rabbitmq-failure'
import { type Outbound, publishRaw } from './rabbitmq-wire'

/** What came of one message: only 'taken' means that the broker has it, safe on disk where its queue is. */
export type Published =
  | { readonly outcome: 'taken' }
  /** The broker does not have it. `unroutable`: no queue would have taken it. */
  | { readonly outcome: 'refused'; readonly reason: string; readonly unroutable: boolean }
  | { readonly outcome: 'unknown'; readonly reason: string }

/**
 * Publishes to one virtual host one message after the other, each confirmed before the next, so that a message which comes back
 * as unroutable can only be that one. A refusal closes its channel; the next message opens another.
 */
export class RabbitmqPublisher {
  private channel: { readonly model: OpenAmqp; readonly confirming: ConfirmChannel; refusal: Error | null } | undefined

  constructor(
    private readonly amqp: RabbitmqAmqp,
    private readonly vhost: string,
  ) {}

  async publish(outbound: Outbound): Promise<Published> {
    const to = outbound.exchange === '' ? outbound.routingKey : `the exchange ${outbound.exchange}`
    let channel: NonNullable<typeof this.channel>
    try {
      const model = await this.amqp.publishing(this.vhost)
      // Nothing that is said to it is heard until then.
      if (model.blocked !== null) return refused(blockedWords(model.blocked))
      channel = await this.open(model)
    } catch (error) {
      return refused(amqpFailure(error, this.about(`send to ${to}`)).message)
    }
    const { model, confirming } = channel
    return await new Promise<Published>((resolve) => {
      let returned: Message | undefined
      const settle = (published: Published) => {
        cancel()
        confirming.removeListener('return', keep)
        model.model.removeListener('blocked', blocked)
        resolve(published)
      }
      const keep = (message: Message) => {
        returned = message
      }
      const unknown = (why: string) => {
        // Its confirmation may still come, and must not be taken for that of another.
        this.channel = undefined
        void confirming.close().catch(() => {})
        settle({ outcome: 'unknown', reason: why })
      }
      const blocked = (reason: string) => unknown(`${blockedWords(reason)} It may take this one when that is over.`)
      const cancel = this.amqp.clock.after(answerWithinMs, () =>
        unknown(`${this.amqp.where} did not say whether it took the message.`),
      )
      confirming.on('return', keep)
      model.model.on('blocked', blocked)
      try {
        publishRaw(confirming, outbound, (error) => {
          if (error) settle(this.settled(channel, error, to))
          else if (returned) settle({ ...refused(unroutableWords(outbound)), unroutable: true })
          else settle({ outcome: 'taken' })
        })
      } catch (error) {
        this.channel = undefined
        settle(refused(amqpFailure(error, this.about(`send to ${to}`)).message))
      }
    })
  }

  async close(): Promise<void> {
    const { channel } = this
    this.channel = undefined
    if (!channel) return
    const { model } = channel.model
    await this.amqp.answered(model, this.about('close'), channel.confirming.close()).catch(() => {})
  }

  private async open(model: OpenAmqp): Promise<NonNullable<typeof this.channel>> {
    if (this.channel?.model === model) return this.channel
    const about = this.about('open a channel')
    const confirming = await this.amqp.answered(model.model, about, model.model.createConfirmChannel())
    const channel = { model, confirming, refusal: null as Error | null }
    confirming.on('error', (error) => {
      channel.refusal = error
    })
    confirming.on('close', () => {
      if (this.channel === channel) this.channel = undefined
    })
    this.channel = channel
    return channel
  }

  /** The channel closed, or the queue said no: a refusal of this very act is certain, anything else is not. */
  private settled(channel: NonNullable<typeof this.channel>, error: Error, to: string): Published {
    if (/nacked/.test(error.message)) {
      return refused(`${to} took no more: it is at its length limit and rejects what is published.`)
    }
    const { refusal } = channel
    if (refusal) return refused(withHint(amqpFailure(refusal, this.about(`send to ${to}`))))
    return { outcome: 'unknown', reason: `${this.amqp.where} closed the connection before it confirmed.` }
  }

  private about(act: string) {
    return { act, where: this.amqp.where, vhost: this.vhost }
  }
}

export const blockedWords = (reason: string): string =>
  `RabbitMQ takes nothing in at the moment: it is ${reason}. Free memory or disk on the broker, then try again.`

const refused = (reason: string): Extract<Published, { outcome: 'refused' }> => ({
  outcome: 'refused',
  reason,
  unroutable: false,
})

const unroutableWords = ({ exchange, routingKey }: Outbound): string =>
  exchange === ''
    ? `There is no queue ${routingKey}: the message came back.`
    : `No queue is bound to the exchange ${exchange} for the routing key “${routingKey}”: the message came back.`

const withHint = ({ message, hint }: { readonly message: string; readonly hint?: string | undefined }): string =>
  hint === undefined ? message : `${message} ${hint}`
