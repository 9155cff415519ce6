import { createHash } from 'node:crypto'
import type { QueueAddress } from '@shared/model/queue'
import { type Published, RabbitmqPublisher } from '../../clients/rabbitmq-publisher'
import { alarmsOf, alarmWords } from '../../clients/rabbitmq-survey'
import type { Outbound } from '../../clients/rabbitmq-wire'
import type { Edit, ItemOutcome } from '../../remedies'
import { type Kept, printOf } from './looks'
import type { RabbitmqContext } from './rabbitmq-context'
import { arrivalOf, foreignUser, onRoad, type Road, roadTo } from './roads'
import { sift } from './sifting'
import { type Space, spaceOf } from './topology'

/**
 * Back to the queue in which each one died, so that no other queue gets a copy; by the exchange and routing key that it had come
 * with where they lead to that queue alone. Headers stay, x-death among them.
 */
export async function sendBack(
  context: RabbitmqContext,
  queue: QueueAddress,
  ids: readonly string[],
): Promise<readonly ItemOutcome[]> {
  return await publishing(context, queue, ids, async ({ publish, space }) =>
    sift(context, {
      queue,
      ids,
      treat: async (kept, taken) => {
        const [death] = kept.deaths
        if (!death) {
          return failed(
            kept.id,
            'It has no x-death header: RabbitMQ does not tell where it came from. Move it to the queue that you mean.',
          )
        }
        const arrival = { exchange: death.exchange, routingKeys: death.routingKeys }
        const road = roadTo(space, death.queue, arrival)
        return await publish(kept, onRoad(road, { raw: kept.raw, body: taken.body }))
      },
    }),
  )
}

/** An edited copy is published to the same queue, at its end; then the old one is taken out. */
export async function editMessage(context: RabbitmqContext, queue: QueueAddress, edit: Edit): Promise<ItemOutcome> {
  const { id } = edit
  const seen = context.looks.of(queue)?.messages.get(id)
  if (seen && seen.digest !== edit.expectedDigest) {
    return { id, outcome: 'changed', reason: 'its body is another one than was opened' }
  }
  const body = Buffer.from(edit.body)
  let road: Road | undefined
  const [outcome] = await publishing(context, queue, [id], async ({ publish, space }) =>
    sift(context, {
      queue,
      ids: [id],
      treat: async (kept) => {
        road = roadTo(space, queue.name, arrivalOf(kept))
        return await publish(kept, onRoad(road, { raw: kept.raw, body }))
      },
    }),
  )
  if (outcome?.outcome === 'applied' && seen && road) standAtTheEnd(context, queue, { ...seen, body }, road)
  return outcome!
}

export async function removeMessages(
  context: RabbitmqContext,
  queue: QueueAddress,
  ids: readonly string[],
): Promise<readonly ItemOutcome[]> {
  return await sift(context, { queue, ids, treat: async ({ id }) => ({ id, outcome: 'applied' }) })
}

/** What is now known to stand last in a queue that was looked into. */
export function standAtTheEnd(
  { looks }: RabbitmqContext,
  queue: QueueAddress,
  kept: Pick<Kept, 'id' | 'raw' | 'properties' | 'deaths' | 'deliveries'> & { readonly body: Buffer },
  road: Road,
): void {
  const look = looks.of(queue)
  if (!look) return
  const { properties: raw } = onRoad(road, kept)
  const { body } = kept
  const { exchange, routingKey } = road
  const place = Math.max(-1, ...[...look.messages.values()].map((each) => each.place)) + 1
  looks.change(
    queue,
    new Map([
      [
        kept.id,
        {
          ...kept,
          raw,
          exchange,
          routingKey,
          place,
          print: printOf({ exchange, routingKey, raw, body }),
          bytes: body.length,
          digest: createHash('sha256').update(body).digest('hex'),
          redelivered: false,
          deliveries: kept.deliveries === null ? null : 0,
        },
      ],
    ]),
  )
}

interface Publishing {
  readonly space: Space
  readonly publish: (
    message: { readonly id: string; readonly properties: Kept['properties'] },
    outbound: Outbound,
  ) => Promise<ItemOutcome>
}

/**
 * Looks at routes anew, and refuses before the first message is touched while an alarm is on: RabbitMQ would stop listening in the
 * middle, and keep waiting what is sent then.
 */
export async function publishing(
  { connection, topology }: RabbitmqContext,
  queue: QueueAddress,
  ids: readonly string[],
  act: (publishing: Publishing) => Promise<readonly ItemOutcome[]>,
): Promise<readonly ItemOutcome[]> {
  const [alarm] = await alarmsOf(connection.management)
  if (alarm) return ids.map((id) => failed(id, alarmWords(alarm)))
  const space = spaceOf(await topology.fresh(), queue)
  const publisher = new RabbitmqPublisher(connection.amqp, queue.prefix)
  try {
    return await act({
      space,
      publish: async ({ id, properties }, outbound) => {
        const foreign = foreignUser(properties, connection.user)
        return foreign === null ? outcomeOf(id, await publisher.publish(outbound)) : failed(id, foreign)
      },
    })
  } finally {
    await publisher.close()
  }
}

export const failed = (id: string, reason: string): ItemOutcome => ({ id, outcome: 'failed', reason })

function outcomeOf(id: string, published: Published): ItemOutcome {
  switch (published.outcome) {
    case 'taken':
      return { id, outcome: 'applied' }
    case 'refused':
      return failed(id, published.reason)
    case 'unknown':
      return { id, outcome: 'unknown', reason: published.reason }
  }
}
