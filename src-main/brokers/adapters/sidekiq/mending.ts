import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import type { Edit, ItemOutcome, Snapshot } from '../../remedies'
import { digestOf } from '../body-text'
import { type Match, overwrite, putBack, transfer } from '../element-mending'
import type { Measure } from '../element-sequence'
import { eachOf } from '../item-by-item'
import { askOne, brokerTime, numberOf } from '../redis-asking'
import type { FollowedJobs } from './following'
import { bodyOf, jidOf, queueOf, requeued, withArgs } from './job'
import { keysOf, listKey, setOf, stateOfSet } from './keys'
import type { JobLocator, Located } from './locating'
import { placeOf } from './places'
import { moveToQueue } from './scripts'
import { wholeJob } from './snapshots'
import type { FoundJob } from './wanted-jobs'

export interface Mending {
  readonly redis: RedisClient
  readonly locator: JobLocator
  readonly followed: FollowedJobs
  readonly clock: Clock
}

/** Retry Now, and of what is scheduled Add To Queue: out of the set into its own queue, in one step each. */
export async function replayJobs(
  { redis, locator, followed, clock }: Mending,
  queue: QueueAddress,
  ids: readonly string[],
): Promise<readonly ItemOutcome[]> {
  const set = setOf(queue)
  if (!set) throw new Error(`${queue.name} is no set`)
  const now = await brokerTime(redis, clock)
  const located = await locator.locate(queue, stateOfSet(set), ids)
  return await mendEach(locator, located, async (there) => {
    const moves = there.flatMap(({ id, at: { place, found } }) => {
      const text = requeued(found.job, now)
      return text ? [{ id, from: place.key, job: found.job, text, to: queueOf(found.job) }] : []
    })
    const outcomes = await eachOf(redis, moveToQueue, {
      ids: moves.map(({ id }) => id),
      call(_, index) {
        const { from, job, text, to } = moves[index]!
        return {
          keys: [from, listKey(queue.prefix, to), keysOf(queue.prefix).queues],
          args: [job.bytes, text, to],
        }
      },
      outcome: (id, answer) => ({ id, outcome: numberOf(answer) === 1 ? 'applied' : 'gone' }),
    })
    moves.forEach(({ job, to }, index) => {
      if (outcomes[index]!.outcome === 'applied') followed.follow(queue.prefix, jidOf(job) ?? '', to)
    })
    const byId = new Map(moves.map(({ id }, index) => [id, outcomes[index]!]))
    return there.map(({ id }) => byId.get(id) ?? noJob(id))
  })
}

const noJob = (id: string): ItemOutcome => ({
  id,
  outcome: 'failed',
  reason: 'its text is no job, so nothing tells which queue it came from',
})

/** Other arguments for one job; every other byte of it, its score and its place in line stay. */
export async function editJob({ redis, locator }: Mending, queue: QueueAddress, edit: Edit): Promise<ItemOutcome> {
  const { id, state, body, expectedDigest } = edit
  const located = await locator.locate(queue, state, [id])
  const [outcome] = await mendEach(locator, located, async ([one]) => {
    const { place, found, measure } = one!.at
    if (digestOf(bodyOf(found.job)) !== expectedDigest)
      return [{ id, outcome: 'changed', reason: 'its arguments are others than those you edited' }]
    const refusal = notArgs(body)
    const text = withArgs(found.job, body)
    if (text === null || refusal !== null)
      return [{ id, outcome: 'failed', reason: refusal ?? 'it has no arguments that could be edited' }]
    const match: Match = { id, bytes: found.job.bytes, at: indexesIn(found, measure) }
    return [await overwrite(redis, { place, reach: reachOf(measure) }, { ...match, body: text })]
  })
  return outcome!
}

export async function removeJobs(
  { redis, locator }: Mending,
  queue: QueueAddress,
  { state, ids }: { readonly state: MessageState; readonly ids: readonly string[] },
): Promise<readonly ItemOutcome[]> {
  const located = await locator.locate(queue, state, ids)
  return await mendEach(locator, located, async (there) => {
    const outcomes = new Map<string, ItemOutcome>()
    for (const place of new Map(there.map(({ at }) => [at.place.key, at.place])).values()) {
      const own = there.filter(({ at }) => at.place.key === place.key)
      const { measure } = own[0]!.at
      const items = own.map(({ id, at }) => ({
        id,
        bytes: at.found.job.bytes,
        at: indexesIn(at.found, measure),
        put: [],
      }))
      for (const outcome of await transfer(redis, { from: place, to: null, reach: reachOf(measure) }, items))
        outcomes.set(outcome.id, outcome)
    }
    return there.map(({ id }) => outcomes.get(id)!)
  })
}

/** Those of a queue go behind what waits there now, in their order. */
export async function restoreJobs(
  { redis }: Mending,
  queue: QueueAddress,
  snapshots: readonly Snapshot[],
): Promise<readonly ItemOutcome[]> {
  const outcomes = new Map<Snapshot, ItemOutcome>()
  for (const state of new Set(snapshots.map((snapshot) => snapshot.state))) {
    const own = snapshots.filter((snapshot) => snapshot.state === state)
    const place = placeOf(redis, queue, state)
    if (!place) {
      for (const snapshot of own) outcomes.set(snapshot, notOfPlace(snapshot))
      continue
    }
    if (place.queue !== null) await askOne(redis, ['SADD', keysOf(queue.prefix).queues, place.queue])
    const items = own.map((snapshot) => {
      const { bytes, copies } = wholeJob(snapshot)
      return {
        id: snapshot.id,
        was: place.type === 'list' ? copies : '',
        put: place.type === 'list' ? ['LPUSH', bytes] : [snapshot.place, bytes],
      }
    })
    const answers = await putBack(redis, place, items)
    for (const [index, snapshot] of own.entries()) outcomes.set(snapshot, answers[index]!)
  }
  return snapshots.map((snapshot) => outcomes.get(snapshot)!)
}

const notOfPlace = ({ id, state }: Snapshot): ItemOutcome => ({
  id,
  outcome: 'failed',
  reason: `nothing here is ${state}`,
})

type There = Located & { readonly at: NonNullable<Located['at']> }

/** Acts on those that are there and as they were archived; says of each other what is with it. */
async function mendEach(
  { seen }: JobLocator,
  located: readonly Located[],
  act: (there: readonly There[]) => Promise<readonly ItemOutcome[]>,
): Promise<readonly ItemOutcome[]> {
  const isThere = (each: Located): each is There =>
    each.at !== null && !seen.isOther(each.at.place.key, each.id, each.at.found.handle)
  const there = located.filter(isThere)
  const outcomes = new Map<Located, ItemOutcome>()
  if (there.length > 0) {
    for (const [index, outcome] of (await act(there)).entries()) {
      const { id, at } = there[index]!
      if (outcome.outcome === 'applied') seen.forget(at.place.key, id)
      outcomes.set(there[index]!, outcome)
    }
  }
  return located.map((each) => outcomes.get(each) ?? left(each))
}

function left({ id, at, isSure }: Located): ItemOutcome {
  if (at) return { id, outcome: 'changed', reason: 'the job under this jid is another by now' }
  if (isSure) return { id, outcome: 'gone' }
  return { id, outcome: 'failed', reason: 'it was not found among the jobs that were looked through' }
}

/** Index from either end of a list, as Redis counts. */
function indexesIn({ distance }: FoundJob, { length }: Measure): readonly [number, number] {
  return distance === null ? [0, 0] : [-(distance + 1), length - 1 - distance]
}

/** Elements around a hint that the server looks at to find one again. */
const reachOf = ({ perLook }: Measure): number => Math.min(256, Math.floor(perLook / 2))

/** Why a text cannot be a job's arguments; null: it can. */
export function notArgs(body: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
    return Array.isArray(JSON.parse(text)) ? null : 'Sidekiq takes arguments as a JSON array, and this is another value'
  } catch (error) {
    return `Sidekiq takes arguments as a JSON array, and this is none: ${error instanceof Error ? error.message : 'unreadable'}`
  }
}
