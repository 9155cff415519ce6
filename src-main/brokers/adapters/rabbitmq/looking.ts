import { Failure } from '@shared/failure'
import type { PeekPrice, PeekState } from '@shared/model/peek'
import { type QueueAddress, queueKey } from '@shared/model/queue'
import type { Taken, Taker } from '../../clients/rabbitmq-amqp'
import { RabbitmqPublisher } from '../../clients/rabbitmq-publisher'
import type { Peeking } from '../../reader'
import { askQueue } from './listing'
import { type Look, lookBytes, named, type Seen, seenOf, stateOfLook } from './looks'
import { deliveryLimitOf, othersOf, priceOf } from './price'
import { isStream, type QueueFacts } from './queue-facts'
import type { RabbitmqContext } from './rabbitmq-context'
import { arrivalOf, onRoad, roadTo } from './roads'
import { lookIntoStream } from './stream-looking'
import { spaceOf } from './topology'

/** A look ends after this long, milliseconds: nobody else gets the messages meanwhile. */
const longestLookMs = 20_000

export const peekingOf = (context: RabbitmqContext): Peeking => ({
  price: (queue) => ask(context, queue).then(({ price }) => price),
  peek: (queue, count) =>
    context.turns.take(queue, () => peek(context, queue, Math.min(Math.max(Math.trunc(count), 1), 1_000))),
  state(queue) {
    const look = context.looks.of(queue)
    return look ? stateOfLook(look) : null
  },
  async release(queue) {
    await context.held.get(queueKey(queue))?.()
    const look = context.looks.of(queue)
    return look ? stateOfLook(look) : null
  },
})

/** Throws Failure 'unsupported' in the words of the price when going through the queue is refused; answers its facts. */
export async function assertLookable(context: RabbitmqContext, queue: QueueAddress): Promise<QueueFacts> {
  const { facts, price } = await ask(context, queue)
  if (price.answer === 'refused') {
    throw new Failure({ code: 'unsupported', message: price.reason, hint: price.hint, subject: queue.name })
  }
  return facts
}

async function ask(
  { connection, looks }: RabbitmqContext,
  queue: QueueAddress,
): Promise<{ readonly facts: QueueFacts; readonly price: PeekPrice }> {
  const facts = await askQueue(connection, queue, `look at ${queue.name}`)
  const { version, statisticsOff } = connection
  const before = looks.of(queue) ?? null
  return {
    facts,
    price: priceOf({ facts, version, statisticsOff, before, own: looks.ownRedeliveries(queue) }),
  }
}

async function peek(context: RabbitmqContext, queue: QueueAddress, count: number): Promise<PeekState> {
  const { connection, looks } = context
  await context.held.get(queueKey(queue))?.()
  // Whether its messages are dead letters is to be known as it is now.
  const [facts] = await Promise.all([assertLookable(context, queue), context.topology.fresh()])
  const othersThen = othersOf(facts, looks.ownRedeliveries(queue))
  const look = isStream(facts)
    ? await lookIntoStream(connection, queue, count)
    : await lookIntoQueue(context, { queue, facts, count, othersThen })
  looks.keep(queue, look)
  return stateOfLook(look)
}

interface Looking {
  readonly queue: QueueAddress
  readonly facts: QueueFacts
  readonly count: number
  readonly othersThen: number
}

/**
 * Takes messages one by one, and gives all back at once: in a classic queue each stands where it stood, in a quorum queue they stand
 * in the same order, though behind what was given back before. Should one have used up its
 * deliveries, against all that was known before, giving it back would dead-letter it: a copy is put at the end instead, and where
 * that may not be done the message is held until it is released.
 */
async function lookIntoQueue(context: RabbitmqContext, looking: Looking): Promise<Look> {
  const { queue } = looking
  return await new Promise<Look>((resolve, reject) => {
    const use = { vhost: queue.prefix, queue: queue.name, act: `look into ${queue.name}` }
    context.connection.amqp
      .taking(use, async (taker) => {
        const { look, holding } = await takeAndGiveBack(context, looking, taker)
        resolve(look)
        await holding
      })
      .catch(reject)
  })
}

async function takeAndGiveBack(
  context: RabbitmqContext,
  { queue, facts, count, othersThen }: Looking,
  taker: Taker,
): Promise<{ readonly look: Look; readonly holding: Promise<void> | null }> {
  const { connection, looks } = context
  const { clock } = connection
  const limit = deliveryLimitOf(facts, connection.version)
  const until = clock.elapsed() + longestLookMs
  const seen: Seen[] = []
  let bytes = 0
  let end: string | null = null
  let spent: { readonly taken: Taken; readonly seen: Seen } | undefined
  while (seen.length < count && end === null) {
    const taken = await taker.get()
    if (!taken) {
      end = 'all'
      break
    }
    const message = seenOf(taken, seen.length)
    bytes += message.bytes
    seen.push(bytes > lookBytes ? { ...message, body: null } : message)
    if (typeof limit === 'number' && message.deliveries !== null) {
      if (isSpent(message, limit)) spent = { taken, seen: message }
      if (limit - message.deliveries <= 1) end = `stopped: a message is near its delivery limit of ${limit}`
    }
    if (bytes > lookBytes) end = 'stopped at 64 MiB'
    else if (clock.elapsed() > until) end = 'stopped after 20 seconds'
  }
  looks.countGivenBack(queue, seen.filter(({ redelivered }) => redelivered).length)

  const moved = spent ? await putAtTheEnd(context, queue, spent.seen) : null
  if (spent && moved) taker.acknowledge(spent.taken)
  const hold = spent !== undefined && !moved
  if (!hold) taker.giveBack()
  await taker.heard()
  const held = hold ? seen.length : 0
  return {
    look: {
      takenAt: clock.now(),
      messages: named(seen),
      whole: end === 'all',
      held,
      highest: Math.max(0, ...seen.map(({ deliveries }) => (deliveries === null ? 0 : deliveries + 1))),
      othersThen,
      note: noteOf({ end, seen: seen.length, moved: spent !== undefined && !hold, hold, limit }),
    },
    holding: hold ? holdUntilReleased(context, queue, taker) : null,
  }
}

/** Giving it back would be one delivery too many. */
export const isSpent = ({ deliveries }: Seen, limit: number | null | 'unknown'): boolean =>
  typeof limit === 'number' && deliveries !== null && deliveries >= limit

/** A copy, confirmed; the original is taken away by the caller. */
export async function putAtTheEnd(
  { connection, topology }: RabbitmqContext,
  queue: QueueAddress,
  seen: Seen,
): Promise<boolean> {
  const space = spaceOf(await topology.recent(), queue)
  const publisher = new RabbitmqPublisher(connection.amqp, queue.prefix)
  try {
    const road = roadTo(space, queue.name, arrivalOf(seen))
    const { outcome } = await publisher.publish(onRoad(road, { raw: seen.raw, body: seen.body ?? Buffer.alloc(0) }))
    return outcome === 'taken'
  } finally {
    await publisher.close()
  }
}

/** The channel stays open, and with it the messages stay here, until somebody says otherwise or the connection ends. */
function holdUntilReleased(context: RabbitmqContext, queue: QueueAddress, taker: Taker): Promise<void> {
  const { held, looks } = context
  const key = queueKey(queue)
  return new Promise((resolve) => {
    held.set(key, async () => {
      held.delete(key)
      taker.giveBack()
      await taker.heard().catch(() => {})
      const look = looks.of(queue)
      if (look) looks.keep(queue, { ...look, held: 0, note: 'released' })
      resolve()
    })
  })
}

function noteOf(facts: {
  readonly end: string | null
  readonly seen: number
  readonly moved: boolean
  readonly hold: boolean
  readonly limit: number | null | 'unknown'
}): string | null {
  const { end, seen, moved, hold, limit } = facts
  if (moved) {
    return `One message had used up its ${limit} deliveries: it was put at the end of the queue, since giving it back would have dead-lettered it.`
  }
  if (hold) {
    return `One message has used up its ${limit} deliveries, and no copy of it may be published: it is held here, since giving it back dead-letters it.`
  }
  if (end === null) return `the first ${seen}; there may be more`
  return end === 'all' ? `all of ${seen}` : `${end}, ${seen} seen`
}
