import type { MessagePage, MessageState } from '@shared/model/message'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import type { BrowseRequest } from '../../reader'
import { Listings, type PlacedElement, pageOf } from '../element-pages'
import { listSequence, type Sequence, sortedSequence } from '../element-sequence'
import { askAll, askOne, brokerTime, type Command, numberOf } from '../redis-asking'
import { fieldsOf } from './job-fields'
import { jobKeys, jobOfExecution, keysOf, registryOf } from './keys'
import { rowOf } from './rows'
import { scoreOf } from './standing'

/** Rows of a queue's states by pages. */
export class JobPages {
  private readonly listings = new Listings()

  constructor(
    private readonly redis: RedisClient,
    private readonly clock: Clock,
  ) {}

  async of(queue: string, { state, cursor, limit }: BrowseRequest): Promise<MessagePage> {
    const sequence = sequenceOf(this.redis, queue, state)
    const nowSeconds = Math.floor((await brokerTime(this.redis, this.clock)) / 1_000)
    const page = await pageOf(sequence, this.listings, { cursor, limit })
    const forgets = state === 'dead' || state === 'done'
    // A job that was enqueued twice is one job.
    const shown = page.elements.filter(
      ({ copy, score }) => copy === 0 && !(forgets && isForgotten(scoreOf(score), nowSeconds)),
    )
    const ids = await idsOf(this.redis, state, shown)
    const fields = await fieldsOf(this.redis, ids, { withResults: state === 'dead' })
    const gone = forgets ? numberOf(await askOne(this.redis, ['ZCOUNT', sequence.key, 0, nowSeconds])) : 0
    const rows = ids.map((id, index) =>
      rowOf({ id, state, score: scoreOf(shown[index]!.score), fields: fields[index]! }),
    )
    return {
      items: rows.filter(({ id }, index) => ids.indexOf(id) === index),
      nextCursor: page.nextCursor,
      total: Math.max(0, page.total - (gone ?? 0)),
    }
  }
}

/** RQ itself takes such a job out of its registry the next time it looks. */
export const isForgotten = (score: number | null, nowSeconds: number): boolean =>
  score !== null && score >= 0 && score <= nowSeconds

function sequenceOf(redis: RedisClient, queue: string, state: MessageState): Sequence {
  const registry = registryOf(state)
  const keys = keysOf(queue)
  if (registry === null) return listSequence(redis, keys.list, 'left')
  return sortedSequence(redis, keys[registry], state === 'dead' || state === 'done' ? 'highest' : 'lowest')
}

/** Members are ids, but of what is started since 2.0: ID:EXECUTION. */
async function idsOf(
  redis: RedisClient,
  state: MessageState,
  elements: readonly PlacedElement[],
): Promise<readonly string[]> {
  const members = elements.map(({ bytes }) => bytes.toString('utf8'))
  if (state !== 'leased') return members
  const answers = await askAll(
    redis,
    members.map((member): Command => ['EXISTS', jobKeys(member).job]),
  )
  return members.map((member, index) => {
    const answer = answers[index]
    const isId = answer?.ok === true && numberOf(answer.value) === 1
    return isId ? member : jobOfExecution(member)
  })
}
