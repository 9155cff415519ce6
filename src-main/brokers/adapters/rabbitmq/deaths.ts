import { type Field, textOfField } from '../../clients/rabbitmq-fields'
import { headerOf, type Properties } from '../../clients/rabbitmq-properties'

/** One line of x-death: how often a message died in one queue for one reason. The broker writes it, latest first. */
export interface Death {
  readonly queue: string
  /** "rejected", "expired", "maxlen", "delivery_limit". */
  readonly reason: string
  readonly count: number
  /** Seconds since 1970 by the broker's clock; of the first death that this line counts. */
  readonly time: number | null
  /** By which exchange and keys it had come to that queue. */
  readonly exchange: string
  readonly routingKeys: readonly string[]
  /** The time to live that it had, in milliseconds; RabbitMQ takes it off a message that expired. */
  readonly originalExpiration: string | null
}

/** Publishers may write such a header too: whatever does not read as deaths is left out. */
export function deathsOf(properties: Properties): readonly Death[] {
  const header = headerOf(properties, 'x-death')
  if (header?.type !== 'list') return []
  return header.items.flatMap((item) => {
    if (item.type !== 'table') return []
    const fields = new Map(item.fields.map(({ name, value }) => [name, value]))
    const queue = textOf(fields.get('queue'))
    const reason = textOf(fields.get('reason'))
    if (queue === null || reason === null) return []
    const keys = fields.get('routing-keys')
    return [
      {
        queue,
        reason,
        count: numberOf(fields.get('count')) ?? 1,
        time: numberOf(fields.get('time')),
        exchange: textOf(fields.get('exchange')) ?? '',
        routingKeys: keys?.type === 'list' ? keys.items.flatMap((key) => textOf(key) ?? []) : [],
        originalExpiration: textOf(fields.get('original-expiration')),
      },
    ]
  })
}

/** "rejected in orders": the same words for the same cause, so that dead letters sort by it. */
export const causeOf = ({ reason, queue }: Death): string => `${reason} in ${queue}`

export function deathWords({ reason, queue, count }: Death): string {
  const often = count > 1 ? `, ${count} times` : ''
  switch (reason) {
    case 'rejected':
      return `rejected by a consumer of ${queue}${often}`
    case 'expired':
      return `expired in ${queue} before a consumer took it${often}`
    case 'maxlen':
      return `pushed out of ${queue} by its length limit${often}`
    case 'delivery_limit':
      return `delivered more often than ${queue} allows${often}`
    default:
      return `${reason} in ${queue}${often}`
  }
}

function textOf(field: Field | undefined): string | null {
  return field === undefined || field.type === 'void' ? null : textOfField(field)
}

function numberOf(field: Field | undefined): number | null {
  return field?.type === 'integer' || field?.type === 'timestamp' ? Number(field.value) : null
}
