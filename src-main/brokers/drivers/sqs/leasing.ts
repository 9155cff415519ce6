import { Failure } from '@shared/failure'
import type { Lease, LeasedMessage, LeaseReply, LeaseRequest } from '../../driver-messages'
import type { Arrivals, Arrived } from './arrivals'
import { bodyOfText } from './body-text'
import { longestHiddenMs, wholeSeconds } from './delays'
import { groupTold } from './groups'
import { hideAll } from './hiding'
import type { KnownQueue } from './known-queues'
import { textAttributes } from './layout'
import { enqueuedAtOf } from './received'
import { receiveUpTo } from './receiving'
import type { Counted } from './sorting'
import { sortOut } from './sorting-out'
import type { SqsContext } from './sqs-context'

/** When all that came had to be put away, look again; but not for ever, since what is put away may be a flood. */
const mostLooks = 5
/** A lease may be this much shorter than asked for without being renewed. */
const freshShare = 0.8

export function checkLeaseRequest(queue: string, { leaseMs, count, limit, groupLimit }: LeaseRequest): void {
  const refuse = (code: 'bad-input' | 'unsupported', message: string) => new Failure({ code, message, subject: queue })
  if (limit || groupLimit)
    throw refuse('unsupported', `${queue} is on SQS, which has no place to count what began: it knows no rate limits.`)
  if (!(leaseMs > 0 && leaseMs <= longestHiddenMs))
    throw refuse('bad-input', `A lease of ${queue} lasts more than 0 ms and at most 12 hours, not ${leaseMs} ms.`)
  if (!(Number.isInteger(count) && count >= 1))
    throw refuse('bad-input', `A lease of ${queue} takes at least one message, not ${count}.`)
}

/** What arrived while somebody waited, and what SQS has now; early ones put back, lost ones buried. */
export async function leaseFrom(
  context: SqsContext,
  arrivals: Arrivals,
  queue: KnownQueue,
  request: LeaseRequest,
): Promise<LeaseReply> {
  checkLeaseRequest(queue.name, request)
  const seconds = wholeSeconds(request.leaseMs)
  arrivals.remember(queue.name, { count: request.count, seconds })
  const ready: Counted[] = []
  let until = Number.POSITIVE_INFINITY

  const arrived = arrivals.take(queue.name, request.count)
  if (arrived.length > 0) {
    const renewed = await renew(context, queue, arrived, seconds)
    ready.push(...renewed.ready)
    until = renewed.until
  }
  for (let looks = 0; ready.length === 0 && looks < mostLooks; looks++) {
    const { received, askedAt } = await receiveUpTo(context.line, context.clock, queue, {
      count: request.count,
      seconds,
    })
    if (received.length === 0) break
    until = Math.min(until, askedAt + seconds * 1_000)
    ready.push(...(await sortOut(context, queue, received)))
  }
  return { lease: ready.length === 0 ? undefined : open(context, queue, ready, until), limitedForMs: undefined }
}

/** What came a while ago has less time left than was asked for. */
async function renew(
  context: SqsContext,
  queue: KnownQueue,
  arrived: readonly Arrived[],
  seconds: number,
): Promise<{ readonly ready: readonly Counted[]; readonly until: number }> {
  const now = context.clock.elapsed()
  const ends = Math.min(...arrived.map(({ until }) => until))
  if (ends - now > freshShare * seconds * 1_000) return { ready: arrived, until: ends }
  const kept = await hideAll(
    context.line,
    queue,
    arrived.map(({ received }) => ({ receipt: received.receipt, seconds })),
  )
  return { ready: arrived.filter((_, index) => kept[index] === 'done'), until: now + seconds * 1_000 }
}

function open(context: SqsContext, queue: KnownQueue, ready: readonly Counted[], until: number): Lease {
  const { clock, leases } = context
  const receivedAt = clock.elapsed()
  const held = ready.map((counted) => ({ ...counted, receivedAt }))
  return {
    leaseId: leases.open(queue.name, held, until),
    expiresAt: clock.now() + (until - receivedAt),
    messages: ready.map((counted) => leasedOf(counted, queue)),
  }
}

const leasedOf = ({ received, attempt, maxAttempts }: Counted, { fifo }: KnownQueue): LeasedMessage => ({
  id: received.id,
  body: bodyOfText({ text: received.text, encoding: received.note.enc }),
  attempt,
  maxAttempts,
  enqueuedAt: enqueuedAtOf(received),
  attributes: textAttributes(received.native, received.note),
  group: groupTold(received.groupId, received.note.group, fifo),
  ownId: null,
  replays: received.note.replays ?? 0,
})
