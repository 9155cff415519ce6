import { type Failure, isFailure } from '@shared/failure'
import type { QueueAddress } from '@shared/model/queue'
import type { Taken, Taker } from '../../clients/rabbitmq-amqp'
import type { ItemOutcome } from '../../remedies'
import { assertLookable, isSpent, putAtTheEnd } from './looking'
import { type Kept, type Look, seenOf } from './looks'
import { deliveryLimitOf } from './price'
import type { RabbitmqContext } from './rabbitmq-context'

export interface Sifting {
  readonly queue: QueueAddress
  readonly ids: readonly string[]
  /** What to do with one message that was found. Only 'applied' takes it out of the queue. */
  readonly treat: (kept: Kept, taken: Taken) => Promise<ItemOutcome>
}

/** Messages that may have come in front since the look: what was given back, or has a higher priority. */
const slack = 1_000
const mostHeldBytes = 256 * 1024 * 1024
const longestSiftMs = 60_000

/**
 * Goes through a queue from the front for the messages that were named, known by being the very same in every byte. Each one found
 * is treated and then acknowledged; all others are held meanwhile and given back together, as after a look. Should the
 * connection break, the broker gives back what was not acknowledged: a message can then be there twice, and is never lost.
 */
export async function sift(context: RabbitmqContext, sifting: Sifting): Promise<readonly ItemOutcome[]> {
  const { queue, ids } = sifting
  const { looks } = context
  const look = looks.of(queue)
  const search = new Search(look, ids)
  if (search.wanted > 0 && look) {
    const limit = deliveryLimitOf(await assertLookable(context, queue), context.connection.version)
    try {
      const use = { vhost: queue.prefix, queue: queue.name, act: `take messages out of ${queue.name}` }
      await context.connection.amqp.taking(use, (taker) => go(context, { ...sifting, taker, search, look, limit }))
    } catch (error) {
      // Where nothing was done yet, nothing is to be told item by item.
      if (!isFailure(error) || search.treated.size === 0) throw error
      search.broken(error, queue)
    }
    looks.age(queue)
    looks.change(queue, search.leftTheQueue())
  }
  return ids.map((id) => search.outcome(id))
}

interface Going extends Sifting {
  readonly taker: Taker
  readonly search: Search
  readonly look: Look
  readonly limit: number | null | 'unknown'
}

async function go(context: RabbitmqContext, { queue, treat, taker, search, look, limit }: Going): Promise<void> {
  const { clock } = context.connection
  const until = clock.elapsed() + longestSiftMs
  const most = look.messages.size + slack
  let heldBytes = 0
  for (let got = 0; search.wanted > 0; got += 1) {
    if (got >= most || heldBytes > mostHeldBytes || clock.elapsed() > until) {
      search.stopped(got)
      break
    }
    const taken = await taker.get()
    if (!taken) break
    const seen = seenOf(taken, 0)
    const kept = search.claim(seen.print)
    if (kept) {
      const outcome = await treat(kept, taken)
      search.treated.set(kept.id, outcome)
      if (outcome.outcome === 'applied') {
        taker.acknowledge(taken)
        continue
      }
    }
    if (isSpent(seen, limit) && (await putAtTheEnd(context, queue, seen))) {
      taker.acknowledge(taken)
      continue
    }
    heldBytes += taken.body.length
    if (taken.redelivered) context.looks.countGivenBack(queue, 1)
  }
  taker.giveBack()
  await taker.heard()
}

/** What is looked for, and what came of each. */
class Search {
  readonly treated = new Map<string, ItemOutcome>()
  /** By print: two messages that are the same in every byte stand for one another. */
  private readonly missing = new Map<string, Kept[]>()
  private readonly known: boolean
  private reason: string | null = null

  constructor(look: Look | undefined, ids: readonly string[]) {
    this.known = look !== undefined
    for (const id of new Set(ids)) {
      const kept = look?.messages.get(id)
      if (kept) this.missing.set(kept.print, [...(this.missing.get(kept.print) ?? []), kept])
    }
  }

  get wanted(): number {
    return this.missing.size
  }

  claim(print: string): Kept | undefined {
    const likes = this.missing.get(print)
    const kept = likes?.shift()
    if (likes?.length === 0) this.missing.delete(print)
    return kept
  }

  stopped(got: number): void {
    this.reason = `It was not reached: more than ${got} messages stand before it. Look again.`
  }

  /** What was done is done; whether the old copies left the queue is not known. The others were not touched. */
  broken(failure: Failure, queue: QueueAddress): void {
    this.reason = failure.words
    for (const [id, { outcome }] of this.treated) {
      if (outcome !== 'applied') continue
      const reason = `It was done, but it may still be in ${queue.name} too: ${failure.words}`
      this.treated.set(id, { id, outcome: 'unknown', reason })
    }
  }

  outcome(id: string): ItemOutcome {
    const treated = this.treated.get(id)
    if (treated) return treated
    const isMissing = [...this.missing.values()].some((likes) => likes.some((kept) => kept.id === id))
    if (this.reason !== null && isMissing) return { id, outcome: 'failed', reason: this.reason }
    return this.known
      ? { id, outcome: 'gone' }
      : { id, outcome: 'failed', reason: 'The queue was not looked into since this connection is open. Look again.' }
  }

  /** Ids that are no longer in the queue, or may not be. */
  leftTheQueue(): ReadonlyMap<string, null> {
    const left = [...this.treated.values()].filter(({ outcome }) => outcome === 'applied' || outcome === 'unknown')
    const notFound = this.reason === null ? [...this.missing.values()].flat() : []
    return new Map([...left, ...notFound].map(({ id }) => [id, null]))
  }
}
