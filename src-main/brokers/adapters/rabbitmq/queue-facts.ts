import type { QueueAddress } from '@shared/model/queue'
import { numberIn, recordOf, textIn, valueIn } from '../../clients/rabbitmq-json'

/** One queue as the management plugin tells of it. null: not told, be it for want of statistics or of a tag. */
export interface QueueFacts {
  readonly address: QueueAddress
  /** "classic", "quorum", "stream", or what a plugin brings. */
  readonly type: string
  /** Only the connection that declared it may use it. */
  readonly exclusive: boolean
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly arguments: Readonly<Record<string, unknown>>
  /** What policy and operator policy come to together; null: not told yet. */
  readonly policy: Readonly<Record<string, unknown>> | null
  /** "running"; "down" and "stopped" when its node is away. */
  readonly state: string | null
  readonly ready: number | null
  readonly unacked: number | null
  readonly consumers: number | null
  /** Seconds since 1970 by the publisher's clock. */
  readonly headTimestamp: number | null
  readonly totals: QueueTotals | null
}

/** Counted since the node runs; a restart begins them anew. */
export interface QueueTotals {
  readonly published: number | null
  /** Acknowledged, or taken without the need to. */
  readonly acknowledged: number | null
  /** Handed out on condition of an acknowledgement, first or again. */
  readonly delivered: number
  /** Of those, the ones that had been handed out before. */
  readonly redelivered: number
  readonly publishedPerSecond: number | null
  readonly acknowledgedPerSecond: number | null
}

/** The fields that `factsOf` reads, for `columns=`: whatever else there is stays with the broker. */
export const factColumns = [
  'name',
  'vhost',
  'type',
  'exclusive',
  'durable',
  'auto_delete',
  'arguments',
  'effective_policy_definition',
  'state',
  'messages_ready',
  'messages_unacknowledged',
  'consumers',
  'head_message_timestamp',
  'message_stats',
].join(',')

/** The same for figures alone. */
export const figureColumns =
  'name,vhost,type,state,messages_ready,messages_unacknowledged,head_message_timestamp,message_stats'

export function factsOf(row: unknown): QueueFacts {
  const policy = valueIn(row, 'effective_policy_definition')
  return {
    address: { layout: 'rabbitmq', prefix: textIn(row, 'vhost') ?? '', name: textIn(row, 'name') ?? '' },
    type: textIn(row, 'type') ?? 'classic',
    exclusive: valueIn(row, 'exclusive') === true,
    durable: valueIn(row, 'durable') === true,
    autoDelete: valueIn(row, 'auto_delete') === true,
    arguments: recordOf(valueIn(row, 'arguments')),
    policy: policy === undefined ? null : recordOf(policy),
    state: textIn(row, 'state'),
    ready: numberIn(row, 'messages_ready'),
    unacked: numberIn(row, 'messages_unacknowledged'),
    consumers: numberIn(row, 'consumers'),
    headTimestamp: numberIn(row, 'head_message_timestamp'),
    totals: totalsOf(valueIn(row, 'message_stats')),
  }
}

/** An argument of the queue, or what a policy says in its place: the argument goes first. */
export const settingOf = ({ arguments: own, policy }: QueueFacts, name: string): unknown =>
  own[`x-${name}`] ?? policy?.[name]

export const textSetting = (facts: QueueFacts, name: string): string | null => {
  const value = settingOf(facts, name)
  return typeof value === 'string' ? value : null
}

export const isStream = ({ type }: QueueFacts): boolean => type === 'stream'
export const isQuorum = ({ type }: QueueFacts): boolean => type === 'quorum'
export const isDown = ({ state }: QueueFacts): boolean => state === 'down' || state === 'stopped' || state === 'crashed'

/** "Quorum queue", "Stream". */
export function productOf({ type }: QueueFacts): string {
  switch (type) {
    case 'stream':
      return 'Stream'
    case 'classic':
      return 'Classic queue'
    case 'quorum':
      return 'Quorum queue'
    default:
      return `Queue of type ${type}`
  }
}

function totalsOf(stats: unknown): QueueTotals | null {
  if (typeof stats !== 'object' || stats === null) return null
  const sum = (names: readonly string[]): number | null => {
    const known = names.flatMap((name) => numberIn(stats, name) ?? [])
    return known.length === 0 ? null : known.reduce((total, each) => total + each, 0)
  }
  const rate = (names: readonly string[]): number | null => {
    const known = names.flatMap((name) => numberIn(valueIn(stats, `${name}_details`), 'rate') ?? [])
    return known.length === 0 ? null : known.reduce((total, each) => total + each, 0)
  }
  return {
    published: numberIn(stats, 'publish'),
    acknowledged: sum(finished),
    delivered: sum(['deliver', 'get']) ?? 0,
    redelivered: numberIn(stats, 'redeliver') ?? 0,
    publishedPerSecond: rate(['publish']),
    acknowledgedPerSecond: rate(finished),
  }
}

/** What takes a message out for good. */
export const finished = ['ack', 'deliver_no_ack', 'get_no_ack'] as const
