import { runScript } from '../../clients/script'
import { runTransaction } from '../../clients/transaction'
import type { NewMessage } from '../../driver-messages'
import { defaultPriority, type QueueKeys } from './keys'
import { inParcels, packed, parcelOf } from './parcel'
import type { QueueAsker } from './queue-asker'
import { idsFrom, runToken } from './runs'
import * as scripts from './scripts/plain-enqueue'

/**
 * Plain messages as whole parcels, in one script, or where some are large in one transaction outside Lua. Answers their ids;
 * undefined: the queue is rich, where parcels would have to be taken apart at once.
 */
export async function enqueueParcels(
  asker: QueueAsker,
  keys: QueueKeys,
  { messages, isSmall }: { readonly messages: readonly NewMessage[]; readonly isSmall: boolean },
): Promise<readonly string[] | undefined> {
  const pieces = inParcels(messages)
  const counts = pieces.map(({ length }) => length)
  const { reply, isRich } = await asker.eitherWay(
    keys,
    () => (isSmall ? inside(asker, keys, pieces) : outside(asker, keys, pieces)),
    async () => undefined,
  )
  return isRich ? undefined : idsOf(reply, counts)
}

const idsOf = (firsts: unknown, counts: readonly number[]): readonly string[] =>
  String(firsts)
    .split(' ')
    .flatMap((first, index) => idsFrom(first, counts[index]!))

type Pieces = readonly (readonly NewMessage[])[]

const bodiesIn = (piece: readonly NewMessage[]) => piece.map(({ body }) => body)

const inside = ({ redis }: QueueAsker, keys: QueueKeys, pieces: Pieces): Promise<unknown> =>
  runScript(
    redis,
    scripts.enqueueParcels,
    names(keys),
    pieces.flatMap((piece) => [piece.length, packed(bodiesIn(piece))]),
  )

async function outside({ redis }: QueueAsker, keys: QueueKeys, pieces: Pieces): Promise<unknown> {
  const counts = pieces.map(({ length }) => length)
  const reply = await runScript(redis, scripts.reserveParcels, names(keys), counts)
  // A rich queue.
  if (typeof reply === 'number') return reply
  const firsts = String(reply).split(' ')
  const total = counts.reduce((sum, count) => sum + count, 0)
  await runTransaction(redis, [
    ['hset', keys.parcels, ...firsts.flatMap((first, index) => [first, parcelOf(bodiesIn(pieces[index]!))])],
    [
      'rpush',
      keys.ready[defaultPriority]!,
      ...firsts.map((first, index) => runToken({ first, count: counts[index]! })),
    ],
    ['hincrby', keys.state, 'in', total],
    ['hincrby', keys.state, 'spread', total - pieces.length],
    ['hincrby', keys.state, 'parceled', total],
    ['hset', keys.state, 'big', '1'],
    ['rpush', keys.wake, '1'],
    ['ltrim', keys.wake, 0, 0],
  ])
  return reply
}

const names = (keys: QueueKeys): readonly string[] => [
  keys.state,
  keys.parcels,
  keys.wake,
  keys.ready[defaultPriority]!,
]
