import { Failure } from '@shared/failure'
import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import { readProperties } from '../../clients/rabbitmq-properties'
import type { ItemOutcome, Snapshot } from '../../remedies'
import { deathsOf } from './deaths'
import type { Kept } from './looks'
import { publishing, standAtTheEnd } from './mending'
import type { RabbitmqContext } from './rabbitmq-context'
import { arrivalOf, onRoad, roadTo } from './roads'

/** From what was looked at. Besides the body: `properties` as they travelled, `exchange` and `routing-key`. */
export function takeSnapshots(
  { looks }: RabbitmqContext,
  {
    queue,
    state,
    ids,
  }: { readonly queue: QueueAddress; readonly state: MessageState; readonly ids: readonly string[] },
): readonly Snapshot[] {
  const messages = looks.of(queue)?.messages
  return ids.flatMap((id) => {
    const kept = messages?.get(id)
    return kept ? [snapshotOf(kept, state, queue)] : []
  })
}

function snapshotOf(kept: Kept, state: MessageState, queue: QueueAddress): Snapshot {
  if (kept.body === null) {
    throw new Failure({
      code: 'too-large',
      message: `The bodies of this look into ${queue.name} were more than 64 MiB, and not all are kept.`,
      hint: 'Look at fewer messages, then try again.',
      subject: kept.id,
    })
  }
  return {
    id: kept.id,
    state,
    // Where it stood is not kept: RabbitMQ puts a message back at the end alone.
    place: '',
    body: kept.body,
    fields: {
      properties: kept.raw,
      exchange: Buffer.from(kept.exchange),
      'routing-key': Buffer.from(kept.routingKey),
    },
  }
}

/** Published to the end of the queue that they were taken from, each with all its properties. */
export async function restoreSnapshots(
  context: RabbitmqContext,
  queue: QueueAddress,
  snapshots: readonly Snapshot[],
): Promise<readonly ItemOutcome[]> {
  const ids = snapshots.map(({ id }) => id)
  return await publishing(context, queue, ids, async ({ publish, space }) => {
    const outcomes: ItemOutcome[] = []
    for (const snapshot of snapshots) {
      const { id } = snapshot
      if (context.looks.of(queue)?.messages.has(id)) {
        outcomes.push({ id, outcome: 'changed', reason: 'a message of this id is there again' })
        continue
      }
      const raw = Buffer.from(snapshot.fields.properties ?? new Uint8Array(2))
      const body = Buffer.from(snapshot.body)
      const properties = readProperties(raw)
      const text = (name: string) => Buffer.from(snapshot.fields[name] ?? new Uint8Array()).toString('utf8')
      const arrival = arrivalOf({ exchange: text('exchange'), routingKey: text('routing-key'), properties })
      const road = roadTo(space, queue.name, arrival)
      const outcome = await publish({ id, properties }, onRoad(road, { raw, body }))
      outcomes.push(outcome)
      if (outcome.outcome === 'applied') {
        const deaths = deathsOf(properties)
        standAtTheEnd(context, queue, { id, raw, properties, deaths, deliveries: null, body }, road)
      }
    }
    return outcomes
  })
}
