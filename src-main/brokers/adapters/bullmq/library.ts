import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import { type Script, script } from '../../clients/script'
import { ask, numberOf, textOf } from '../redis-asking'
import { baseOf, keysOf, libraryAddressOf } from './keys'

/**
 * BullMQ's own code of the major that works a queue. Its scripts are taken from the pinned package as they are, with a
 * few lines before them that compare the job's state, so that comparing and acting are one step of the server.
 */
export interface Library {
  readonly major: 5 | 6
  readonly remove: Script
  readonly replay: Script
  /** KEYS of `replay` for one job, in this major's order. */
  replayKeys(queue: QueueAddress, id: string): readonly string[]
  /** Adds a job whose data is exactly `body`; answers its id. */
  add(
    redis: RedisClient,
    queue: QueueAddress,
    jobs: readonly NewJob[],
  ): Promise<readonly PromiseSettledResult<string>[]>
}

export interface NewJob {
  readonly name: string
  /** JSON text. */
  readonly body: string
  readonly options: Readonly<Record<string, string | number | boolean>>
}

export type LibraryAnswer =
  | { readonly ok: true; readonly library: Library }
  | { readonly ok: false; readonly reason: string }

/** Chosen by the version that the queue's producers wrote into its meta hash; never guessed. */
export async function libraryOf(redis: RedisClient, queue: QueueAddress): Promise<LibraryAnswer> {
  const [value] = await ask(redis, [['HGET', keysOf(queue).meta, 'version']])
  const version = textOf(value)
  const major = /^bullmq(?:-pro)?:(\d+)\./.exec(version ?? '')?.[1]
  if (major === '6') return { ok: true, library: await six() }
  if (major === '5') return { ok: true, library: await five() }
  if (version === null && (await isNowhere(redis, queue)))
    return { ok: false, reason: 'nothing of this queue is there any more: it was deleted, or never was' }
  const why = version === null ? 'its meta hash names no BullMQ version' : `it is worked by ${version}`
  return {
    ok: false,
    reason: `${why}, and changing jobs with another major's scripts can lose them; versions 5 and 6 are known here`,
  }
}

async function isNowhere(redis: RedisClient, queue: QueueAddress): Promise<boolean> {
  const { meta, wait, paused, active, prioritized, delayed, waitingChildren, failed, completed } = keysOf(queue)
  const places = [meta, wait, paused, active, prioritized, delayed, waitingChildren, failed, completed]
  const [there] = await ask(redis, [['EXISTS', ...places]])
  return numberOf(there) === 0
}

/**
 * ARGV[3] is the queue's base, ARGV[4] the state that was meant. Answers: -101 not in that state, -102 a parent waits for this child, -103 its own children are still at work.
 *
 * BullMQ looks for a waiting job from the end where new ones come in: 22 ms in a list of a million. Who is next in line stands
 * at the other end, is found there at once, and is laid before that search.
 */
const compareBeforeRemoval = `
do
  local call, id, base, state = redis.call, ARGV[1], ARGV[3], ARGV[4]
  local job = base .. id
  local homes = { dead = 'failed', done = 'completed', delayed = 'delayed' }
  -- Where the hash was evicted only the id is left, and BullMQ's own removal would not touch it.
  if call('EXISTS', job) == 0 then return homes[state] and call('ZREM', base .. homes[state], id) == 1 and 1 or -101 end
  if homes[state] then
    if not call('ZSCORE', base .. homes[state], id) then return -101 end
  else
    if call('EXISTS', job .. ':lock') == 1 or call('LPOS', base .. 'active', id) then return -101 end
    for _, other in ipairs({ 'failed', 'completed', 'delayed', 'waiting-children' }) do
      if call('ZSCORE', base .. other, id) then return -101 end
    end
  end
  local parent = call('HGET', job, 'parentKey')
  if parent and parent ~= '' and call('SISMEMBER', parent .. ':dependencies', job) == 1 then return -102 end
  if call('SCARD', job .. ':dependencies') > 0 then return -103 end
  -- Not for a scheduler's job: BullMQ may refuse that one, and it must keep its place.
  if state == 'ready' and not call('ZSCORE', base .. 'prioritized', id) and call('HEXISTS', job, 'rjk') == 0 then
    for _, list in ipairs({ base .. 'wait', base .. 'paused' }) do
      if call('LREM', list, '-1', id) == 1 then
        call('LPUSH', list, id)
        break
      end
    end
  end
end
`

/**
 * ARGV[2] says at which end the job goes in; the job's own options know. Answers -102 where the job is among the failed (KEYS[3]) and
 * its hash (KEYS[1]) is gone.
 */
const readLifo = `
if redis.call('EXISTS', KEYS[1]) == 0 then return redis.call('ZSCORE', KEYS[3], ARGV[1]) and -102 or -1 end
do
  local opts = redis.call('HGET', KEYS[1], 'opts')
  local ok, decoded = pcall(cjson.decode, opts or '{}')
  ARGV[2] = (ok and type(decoded) == 'table' and decoded.lifo and 'RPUSH') or 'LPUSH'
end
`

/**
 * Major 5's own retry puts every job into `wait`, whatever its priority. What it pushed just now is moved on to
 * `prioritized` in the same step, with the score that BullMQ gives: priority * 2^32 + a counter.
 */
const keepPriority = (content: string) => `
local replayed = (function()
${content}
end)()
local priority = tonumber(redis.call('HGET', KEYS[1], 'priority') or '0') or 0
if replayed == 1 and priority > 0 then
  local call, id, fromHead = redis.call, ARGV[1], ARGV[2] == 'LPUSH' and 1 or -1
  local base = string.sub(KEYS[4], 1, -5)
  if call('LREM', KEYS[4], fromHead, id) == 0 then call('LREM', KEYS[6], fromHead, id) end
  local counter = call('INCR', base .. 'pc')
  call('ZADD', base .. 'prioritized', priority * 4294967296 + counter % 4294967296, id)
end
return replayed
`

/** The arguments after the keys, for both majors. */
export const removeArgs = (queue: QueueAddress, id: string, state: string) => [id, '0', baseOf(queue), state] as const
export const replayArgs = (id: string) => [id, 'LPUSH', 'failedReason', 'failed', '0', '0'] as const

let sixth: Promise<Library> | undefined
let fifth: Promise<Library> | undefined

/** Loaded when first needed: a console that only looks never pays for them. */
const six = () => {
  sixth ??= Promise.all([
    import('bullmq'),
    import('bullmq/dist/cjs/scripts/removeJob-2.js'),
    import('bullmq/dist/cjs/scripts/reprocessJob-9.js'),
  ]).then(([{ Queue, Job }, { removeJob }, { reprocessJob }]) => ({
    major: 6,
    remove: script(compareBeforeRemoval + removeJob.content),
    replay: script(readLifo + reprocessJob.content),
    replayKeys(queue, id) {
      const keys = keysOf(queue)
      const { base, events, failed, wait, meta, active, marker, prioritized, priorityCounter } = keys
      return [`${base}${id}`, events, failed, wait, meta, active, marker, prioritized, priorityCounter]
    },
    async add(redis, queue, jobs) {
      const { prefix, name } = libraryAddressOf(queue)
      const target = new Queue(name, queueOptions(redis, prefix))
      // The library would parse the data and print it again, and change what JavaScript's numbers cannot hold.
      class VerbatimJob extends Job<string> {
        override asJSON() {
          return { ...super.asJSON(), data: this.data }
        }
      }
      return await adding(target, jobs, (job) => VerbatimJob.create(target, job.name, job.body, job.options))
    },
  }))
  return sixth
}

const five = () => {
  fifth ??= Promise.all([
    import('bullmq5'),
    import('bullmq5/dist/cjs/scripts/removeJob-2.js'),
    import('bullmq5/dist/cjs/scripts/reprocessJob-8.js'),
  ]).then(([{ Queue, Job }, { removeJob }, { reprocessJob }]) => ({
    major: 5,
    remove: script(compareBeforeRemoval + removeJob.content),
    replay: script(readLifo + keepPriority(reprocessJob.content)),
    replayKeys(queue, id) {
      const { base, events, failed, wait, meta, paused, active, marker } = keysOf(queue)
      return [`${base}${id}`, events, failed, wait, meta, paused, active, marker]
    },
    async add(redis, queue, jobs) {
      const { prefix, name } = libraryAddressOf(queue)
      const target = new Queue(name, queueOptions(redis, prefix))
      // The library would parse the data and print it again, and change what JavaScript's numbers cannot hold.
      class VerbatimJob extends Job<string> {
        override asJSON() {
          return { ...super.asJSON(), data: this.data }
        }
      }
      return await adding(target, jobs, (job) => VerbatimJob.create(target, job.name, job.body, job.options))
    },
  }))
  return fifth
}

/** The part of both majors' Queue that is used here. */
interface OpenedQueue {
  on(event: 'error', listener: (error: Error) => void): unknown
  close(): Promise<void>
}

/** One that shares the console's connection, and so its rule that nothing is ever sent twice. */
const queueOptions = (redis: RedisClient, prefix: string) => ({
  connection: redis as unknown as Record<never, never>,
  prefix,
  // Without it the constructor writes the meta hash: a phantom queue, or another version over the real one.
  skipMetasUpdate: true,
  skipVersionCheck: true,
})

async function adding(
  queue: OpenedQueue,
  jobs: readonly NewJob[],
  add: (job: NewJob) => Promise<{ readonly id?: string | undefined }>,
): Promise<readonly PromiseSettledResult<string>[]> {
  queue.on('error', () => {})
  try {
    return await Promise.allSettled(
      jobs.map(async (job) => {
        const { id } = await add(job)
        if (id === undefined) throw new Error('BullMQ gave the job no id')
        return id
      }),
    )
  } finally {
    await queue.close()
  }
}
