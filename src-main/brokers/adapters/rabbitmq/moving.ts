import { Failure } from '@shared/failure'
import type { ActReport } from '@shared/model/act'
import type { QueueAddress } from '@shared/model/queue'
import { pause } from '../../../runtime/clock'
import type { RabbitmqConnection } from '../../clients/rabbitmq'
import { listOf, recordOf, textIn, valueIn } from '../../clients/rabbitmq-json'
import { inPath } from '../../clients/rabbitmq-management'
import { readProperties } from '../../clients/rabbitmq-properties'
import { type Published, RabbitmqPublisher } from '../../clients/rabbitmq-publisher'
import { alarmsOf, alarmWords } from '../../clients/rabbitmq-survey'
import { asked, pathOf } from './listing'
import { foreignUser, onRoad } from './roads'

/** A shovel is watched this long; then it goes on without us. Milliseconds. */
const watchMs = 30_000
const askEveryMs = 200
/** Without a shovel, messages pass through here: so long, at most. */
const longestMoveMs = 10 * 60_000

export interface Move {
  readonly from: QueueAddress
  /** A queue of the same virtual host. */
  readonly to: string
}

/** Everything that is ready now, to another queue, in order. By the broker itself where it has a shovel for us. */
export async function moveAll(connection: RabbitmqConnection, move: Move): Promise<ActReport> {
  const { from, to } = move
  if (to === from.name || to === '') {
    throw new Failure({ code: 'bad-input', message: 'Name another queue than this one.', subject: 'to' })
  }
  const target = { ...from, name: to }
  await connection.management.get(`${pathOf(target)}?columns=name`, asked(target, `look at ${to}`))
  const [alarm] = await alarmsOf(connection.management)
  if (alarm) throw new Failure({ code: 'broker-state', message: alarmWords(alarm), hint: 'Nothing was moved.' })
  return connection.shovel.able ? await moveByShovel(connection, move) : await moveByHand(connection, move)
}

/** How many are ready, by the queue itself: statistics lag behind. */
export async function countReady({ amqp }: RabbitmqConnection, queue: QueueAddress): Promise<number> {
  const use = { vhost: queue.prefix, queue: queue.name, act: `count ${queue.name}` }
  return await amqp.onChannel(
    use,
    async (channel, answered) => (await answered(channel.checkQueue(queue.name))).messageCount,
  )
}

export const shovelName = ({ name }: QueueAddress): string => `queuescope moves ${name}`

/** The move out of this queue that a shovel is at now; null: none is. */
export async function movingTo(connection: RabbitmqConnection, queue: QueueAddress): Promise<string | null> {
  if (!connection.shovel.able) return null
  const shovels = await connection.management.get(`/parameters/shovel/${inPath(queue.prefix)}`, {
    act: 'list shovels',
    vhost: queue.prefix,
  })
  const own = listOf(shovels).find((each) => textIn(each, 'name') === shovelName(queue))
  return own === undefined ? null : (textIn(recordOf(valueIn(own, 'value')), 'dest-queue') ?? '')
}

/** What it had moved by then stays where it is. */
export async function stopMove({ management }: RabbitmqConnection, queue: QueueAddress): Promise<ActReport> {
  await management.send('DELETE', shovelPath(queue), { act: 'stop the move', vhost: queue.prefix })
  return { words: 'The move is stopped. What was moved before stays where it is.', done: null, failed: null }
}

const shovelPath = (queue: QueueAddress): string =>
  `/parameters/shovel/${inPath(queue.prefix)}/${inPath(shovelName(queue))}`

/** RabbitMQ's own: a shovel that ends by itself after as many messages as there are now. Nothing passes through here. */
async function moveByShovel(connection: RabbitmqConnection, { from, to }: Move): Promise<ActReport> {
  const { management, clock } = connection
  const going = await movingTo(connection, from)
  if (going !== null) {
    throw new Failure({
      code: 'conflict',
      message: `A shovel is moving ${from.name} to ${going} already.`,
      hint: 'Wait until it is done, or stop it.',
    })
  }
  const before = await countReady(connection, from)
  if (before === 0) return { words: `${from.name} is empty: nothing was moved.`, done: 0, failed: 0 }
  const uri = `amqp:///${encodeURIComponent(from.prefix)}`
  await management.send('PUT', shovelPath(from), {
    act: 'start a shovel',
    vhost: from.prefix,
    body: {
      value: {
        'src-protocol': 'amqp091',
        'src-uri': uri,
        'src-queue': from.name,
        'src-delete-after': 'queue-length',
        'dest-protocol': 'amqp091',
        'dest-uri': uri,
        'dest-queue': to,
        'dest-add-forward-headers': false,
        'ack-mode': 'on-confirm',
      },
    },
  })
  const until = clock.elapsed() + watchMs
  while (clock.elapsed() < until) {
    const { status } = await management.status(shovelPath(from), 'ask for the shovel')
    if (status === 404) {
      const left = await countReady(connection, from)
      const done = Math.max(0, before - left)
      return { words: `A shovel moved ${done} messages to ${to}; ${left} are in ${from.name} now.`, done, failed: null }
    }
    await pause(clock, askEveryMs)
  }
  const left = await countReady(connection, from)
  return {
    words: `A shovel goes on moving ${from.name} to ${to}: ${left} are left. It ends by itself; it can be stopped here.`,
    done: Math.max(0, before - left),
    failed: null,
  }
}

/** Taken, published, confirmed, and only then acknowledged, one after the other; the first that is not taken ends it. */
async function moveByHand(connection: RabbitmqConnection, { from, to }: Move): Promise<ActReport> {
  const { amqp, clock, user } = connection
  const publisher = new RabbitmqPublisher(amqp, from.prefix)
  const use = { vhost: from.prefix, queue: from.name, act: `take messages out of ${from.name}` }
  let done = 0
  let stopped: string | null = null
  try {
    const ready = await countReady(connection, from)
    await amqp.taking(use, async (taker) => {
      const until = clock.elapsed() + longestMoveMs
      while (done < ready && stopped === null) {
        const taken = await taker.get()
        if (!taken) break
        const foreign = foreignUser(readProperties(taken.properties), user)
        const message = { raw: taken.properties, body: taken.body }
        const published: Published =
          foreign === null
            ? await publisher.publish(onRoad({ exchange: '', routingKey: to }, message))
            : { outcome: 'refused', reason: foreign, unroutable: false }
        if (published.outcome === 'taken') {
          taker.acknowledge(taken)
          done += 1
        } else stopped = published.reason
        if (clock.elapsed() > until) stopped = 'Ten minutes are over; begin again for the rest.'
      }
      taker.giveBack()
      await taker.heard()
    })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    stopped = `${error.message} The last one moved may be in both queues.`
  } finally {
    await publisher.close()
  }
  return stopped === null
    ? { words: `${done} messages were moved to ${to}.`, done, failed: 0 }
    : {
        words: `${done} messages were moved to ${to}. Then it stopped, the rest is untouched: ${stopped}`,
        done,
        failed: 1,
      }
}
