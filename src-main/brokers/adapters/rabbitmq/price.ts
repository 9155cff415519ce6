import type { PeekPrice } from '@shared/model/peek'
import { isQuorum, isStream, type QueueFacts } from './queue-facts'

/** All that a look's price depends on. */
export interface Priced {
  readonly facts: QueueFacts
  /** "3.10.8". */
  readonly version: string
  readonly statisticsOff: boolean
  /** What was found out by looks before this one; null: none was made. */
  readonly before: { readonly highest: number; readonly whole: boolean; readonly othersThen: number } | null
  /** Redeliveries that looks from here have caused. */
  readonly own: number
}

/** RabbitMQ 4.0 gave every quorum queue a limit. */
const defaultLimit = 20

/** Pure: what a look would cost now, or why it is refused. */
export function priceOf(priced: Priced): PeekPrice {
  const { facts } = priced
  const { name } = facts.address
  if (facts.exclusive) {
    return {
      answer: 'refused',
      reason: `${name} is exclusive: only the connection that declared it may use it.`,
      hint: 'Its figures are all that can be seen from here.',
    }
  }
  if (isStream(facts)) {
    return {
      answer: 'priced',
      price: ['Nothing: a stream is read without taking anything out, and no offset is stored.'],
      free: true,
      available: facts.ready,
      remainingReceives: null,
    }
  }
  const limit = deliveryLimitOf(facts, priced.version)
  if (limit === 'unknown') {
    return {
      answer: 'refused',
      reason: `Whether ${name} has a delivery limit is not told${priced.statisticsOff ? ' while statistics are off' : ' yet'}, and a look counts as a delivery.`,
      hint: priced.statisticsOff ? 'Switch the broker’s statistics on.' : 'Wait some seconds, then ask again.',
    }
  }
  if (limit === null) return { answer: 'priced', price: words(priced), available: facts.ready, remainingReceives: null }
  const spent = spentAtMost(priced)
  if (spent === null || limit - spent <= 1) return refusal(name, limit, spent)
  const left = limit - spent - 1
  return {
    answer: 'priced',
    price: [
      ...words(priced),
      `${name} dead-letters a message at its delivery limit of ${limit}: after this look ${left} more ${left === 1 ? 'delivery is' : 'deliveries are'} left, counted for the message that has fewest.`,
    ],
    available: facts.ready,
    // The words say it, for the limit is the queue's own.
    remainingReceives: null,
  }
}

/** Pure: deliveries after which a quorum queue dead-letters a message; null: never. From 4.3 on, giving back is not counted. */
export function deliveryLimitOf(facts: QueueFacts, version: string): number | null | 'unknown' {
  if (!isQuorum(facts)) return null
  const [major, minor] = versionOf(version)
  if (major > 4 || (major === 4 && minor >= 3)) return null
  if (facts.policy === null) return 'unknown'
  // Of an argument and a policy the smaller one counts; a negative one stands for none.
  const named = [facts.arguments['x-delivery-limit'], facts.policy['delivery-limit']].filter(
    (each): each is number => typeof each === 'number',
  )
  if (named.length === 0) return major >= 4 ? defaultLimit : null
  const limits = named.filter((each) => each >= 0)
  return limits.length === 0 ? null : Math.min(...limits)
}

/**
 * Pure: how many deliveries the worst message can have behind it. A message that was delivered n times was redelivered n - 1
 * times, so it cannot have more than the queue's redeliveries and one; of those that were seen the count is known. null: nothing
 * limits it.
 */
export function spentAtMost({ facts, statisticsOff, before, own }: Priced): number | null {
  const { totals } = facts
  if (statisticsOff) return null
  const others = Math.max(0, (totals?.redelivered ?? 0) - own)
  const unseen = Math.min(others + 1, totals?.delivered ?? 0)
  if (!before) return unseen
  const seen = before.highest + Math.max(0, others - before.othersThen)
  return before.whole ? seen : Math.max(seen, unseen)
}

/** Redeliveries that were made by others, as far as the statistics tell. */
export const othersOf = ({ totals }: QueueFacts, own: number): number => Math.max(0, (totals?.redelivered ?? 0) - own)

function refusal(name: string, limit: number, spent: number | null): PeekPrice {
  const known =
    spent === null
      ? 'how often its messages were delivered is not told while statistics are off'
      : `a message in it may have been delivered ${spent} times already`
  return {
    answer: 'refused',
    reason: `${name} dead-letters a message at its delivery limit of ${limit}, and ${known}: a look could use up the last one.`,
    hint: 'Look at its dead-letter queue instead, or raise delivery-limit for it by a policy first.',
  }
}

function words({ facts }: Priced): string[] {
  const { name } = facts.address
  return [
    `Messages are taken in order and ${isQuorum(facts) ? 'given back together' : 'put back where they stood'}. RabbitMQ marks each as redelivered, for good.`,
    'While the look lasts, nobody else gets them.',
    ...(isQuorum(facts)
      ? [
          `${name} is a quorum queue: the look counts as one delivery of each message, and they may come to stand behind others that were given back before.`,
        ]
      : []),
    ...(facts.consumers ? [`Its consumers (${facts.consumers}) go on meanwhile: what they take is not seen.`] : []),
  ]
}

function versionOf(version: string): readonly [major: number, minor: number] {
  const [, major, minor] = version.match(/^(\d+)\.(\d+)/) ?? []
  return [Number(major ?? 0), Number(minor ?? 0)]
}
