import { createHash } from 'node:crypto'
import type { Edit, ItemOutcome } from '../../remedies'
import { type Copy, sendCopies } from './copies'
import type { Held } from './held'
import type { SqsPeeking } from './peeking'
import type { SqsQueue } from './queues'
import { deleteByReceipt, hide } from './receipts'
import type { SqsContext } from './sqs-context'

/** Long enough for a batch to be sent and deleted, seconds. */
const workSeconds = 120

export interface Bench {
  readonly context: SqsContext
  readonly peeking: SqsPeeking
  readonly queue: SqsQueue
}

/** A message that is firmly in hand, and what is to be sent in its place. */
interface Taken {
  readonly held: Held
  readonly copy: Copy
  readonly target: SqsQueue
}

/**
 * Sends each to where it came from, and deletes it here only then: between the two it is in both queues, and never in none. An
 * answer that was lost leaves both.
 */
export async function redrive(bench: Bench, ids: readonly string[], body?: string): Promise<readonly ItemOutcome[]> {
  return await move(bench, ids, async (held) => {
    const target = await sourceQueueOf(bench, held)
    return target === null ? null : { target, copy: copyOf(held, body) }
  })
}

/** A copy with another body takes the message's place in its own queue. */
export async function replaceBody(bench: Bench, { id, body, expectedDigest }: Edit): Promise<ItemOutcome> {
  const held = bench.peeking.find(bench.queue.address, id)
  if (!held) return { id, outcome: 'gone' }
  const refusal = staleBody(held, expectedDigest)
  if (refusal) return refusal
  const text = Buffer.from(body).toString('utf8')
  const [outcome] = await move(bench, [id], async (each) => ({ target: bench.queue, copy: copyOf(each, text) }))
  return outcome ?? { id, outcome: 'gone' }
}

export async function redriveEdited(bench: Bench, { id, body, expectedDigest }: Edit): Promise<ItemOutcome> {
  const held = bench.peeking.find(bench.queue.address, id)
  if (!held) return { id, outcome: 'gone' }
  const refusal = staleBody(held, expectedDigest)
  if (refusal) return refusal
  const [outcome] = await redrive(bench, [id], Buffer.from(body).toString('utf8'))
  return outcome ?? { id, outcome: 'gone' }
}

export async function remove(bench: Bench, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
  const { context, peeking, queue } = bench
  const { firm, outcomes } = await takeInHand(bench, ids)
  const deleted = await deleteByReceipt(
    context.line,
    queue,
    firm.map(({ receipt }) => receipt),
  )
  firm.forEach(({ id }, index) => {
    const result = deleted[index]!
    if (result === 'done') peeking.drop(queue.address, id)
    outcomes.set(
      id,
      result === 'done'
        ? { id, outcome: 'applied' }
        : result === 'stale'
          ? { id, outcome: 'changed', reason: holdLost }
          : {
              id,
              outcome: result.failure.code === 'outcome-unknown' ? 'unknown' : 'failed',
              reason: result.failure.words,
            },
    )
  })
  return inOrder(ids, outcomes)
}

async function move(
  bench: Bench,
  ids: readonly string[],
  aim: (held: Held) => Promise<{ readonly target: SqsQueue; readonly copy: Copy } | null>,
): Promise<readonly ItemOutcome[]> {
  const { context, peeking, queue } = bench
  const { firm, outcomes } = await takeInHand(bench, ids)
  const taken: Taken[] = []
  for (const held of firm) {
    const aimed = await aim(held)
    if (aimed) taken.push({ held, ...aimed })
    else outcomes.set(held.id, { id: held.id, outcome: 'failed', reason: 'the queue that it came from is not known' })
  }
  for (const target of new Set(taken.map((each) => each.target))) {
    const own = taken.filter((each) => each.target === target)
    const sent = await sendCopies(
      context.line,
      target,
      own.map(({ copy }) => copy),
    )
    const there: Held[] = []
    own.forEach(({ held: { id }, held }, index) => {
      const result = sent[index]!
      if (result.outcome === 'sent') there.push(held)
      else outcomes.set(id, { id, outcome: result.outcome, reason: result.reason })
    })
    const deleted = await deleteByReceipt(
      context.line,
      queue,
      there.map(({ receipt }) => receipt),
    )
    there.forEach(({ id }, index) => {
      const isDeleted = deleted[index] === 'done'
      if (isDeleted) peeking.drop(queue.address, id)
      outcomes.set(
        id,
        isDeleted
          ? { id, outcome: 'applied' }
          : { id, outcome: 'unknown', reason: 'it was sent on, and could not be deleted here: it may be there twice' },
      )
    })
  }
  return inOrder(ids, outcomes)
}

/** Those that were looked at and that nobody else has received since, hidden for as long as the work takes. */
async function takeInHand({ context, peeking, queue }: Bench, ids: readonly string[]) {
  const outcomes = new Map<string, ItemOutcome>()
  const seen: Held[] = []
  for (const id of ids) {
    const held = peeking.find(queue.address, id)
    if (held) seen.push(held)
    else outcomes.set(id, { id, outcome: 'gone' })
  }
  const results = await hide(
    context.line,
    queue,
    seen.map(({ receipt }) => ({ receipt, seconds: workSeconds })),
  )
  const firm = seen.filter(({ id }, index) => {
    const result = results[index]!
    if (result === 'done') {
      peeking.holdOn(queue.address, id, context.clock.now() + workSeconds * 1_000)
      return true
    }
    outcomes.set(
      id,
      result === 'stale'
        ? { id, outcome: 'changed', reason: holdLost }
        : { id, outcome: 'failed', reason: result.failure.words },
    )
    return false
  })
  return { firm, outcomes }
}

const holdLost = 'its hold ran out, and others may have received it since: look at the queue again'

async function sourceQueueOf({ context, queue }: Bench, held: Held): Promise<SqsQueue | null> {
  const arn = held.system.DeadLetterQueueSourceArn
  const known = arn === undefined ? undefined : context.queues.byArn(arn)
  if (known) return known
  const sources = context.queues.sourcesOf(queue)
  return arn === undefined && sources.length === 1 ? sources[0]! : null
}

export const copyOf = (held: Held, body?: string): Copy => ({
  text: body ?? held.text,
  attributes: held.attributes,
  group: held.system.MessageGroupId ?? null,
  dedupId: null,
  traceHeader: held.system.AWSTraceHeader ?? null,
  delaySeconds: 0,
})

function staleBody({ id, text }: Held, expectedDigest: string): ItemOutcome | null {
  const digest = createHash('sha256').update(Buffer.from(text)).digest('hex')
  return digest === expectedDigest
    ? null
    : { id, outcome: 'changed', reason: 'its body is another than the one you edited' }
}

const inOrder = (ids: readonly string[], outcomes: ReadonlyMap<string, ItemOutcome>): readonly ItemOutcome[] =>
  ids.map((id) => outcomes.get(id) ?? { id, outcome: 'gone' })
