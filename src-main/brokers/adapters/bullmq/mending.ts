import { createHash } from 'node:crypto'
import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import { runScript, type Script, type ScriptArg, script } from '../../clients/script'
import type { Edit, ItemOutcome, Snapshot } from '../../remedies'
import { ask, failureOf, isRefusal, wasNeverSent } from './asking'
import { baseOf, jobKeysOf, keysOf } from './keys'
import { type Library, removeArgs, replayArgs } from './library'
import { restoreArguments, restoreScript } from './snapshots'

interface Call {
  readonly keys: readonly string[]
  readonly args: readonly ScriptArg[]
}

/**
 * One script call per job, each atomic by itself, all written before the first answer is awaited. The first goes alone:
 * it makes the server know the script, so that the text travels once.
 */
async function eachOf(
  redis: RedisClient,
  code: Script,
  {
    ids,
    call,
    outcome,
  }: {
    ids: readonly string[]
    call: (id: string, index: number) => Call
    outcome: (id: string, answer: unknown) => ItemOutcome
  },
): Promise<readonly ItemOutcome[]> {
  const one = async (id: string, index: number): Promise<ItemOutcome> => {
    const { keys, args } = call(id, index)
    try {
      return outcome(id, await runScript(redis, code, keys, args))
    } catch (error) {
      return outcomeOf(id, error)
    }
  }
  const [head, ...rest] = ids
  if (head === undefined) return []
  const first = await one(head, 0)
  return [first, ...(await Promise.all(rest.map((id, index) => one(id, index + 1))))]
}

/** What the server refused was not done; what was never sent neither; all else may have been. */
function outcomeOf(id: string, error: unknown): ItemOutcome {
  const reason = failureOf(error, id).message
  return { id, outcome: isRefusal(error) || wasNeverSent(error) ? 'failed' : 'unknown', reason }
}

export const replayJobs = (redis: RedisClient, library: Library, queue: QueueAddress, ids: readonly string[]) =>
  eachOf(redis, library.replay, {
    ids,
    call: (id) => ({ keys: library.replayKeys(queue, id), args: replayArgs(id) }),
    // -1: no such job, -3: no longer among the failed.
    outcome: (id, answer) => ({ id, outcome: answer === 1 ? 'applied' : 'gone' }),
  })

export const removeJobs = (
  redis: RedisClient,
  library: Library,
  { queue, state, ids }: { queue: QueueAddress; state: MessageState; ids: readonly string[] },
) =>
  eachOf(redis, library.remove, {
    ids,
    call: (id) => ({ keys: [jobKeysOf(queue, id).job, keysOf(queue).schedulers], args: removeArgs(queue, id, state) }),
    outcome: (id, answer) => removalOf(id, answer),
  })

function removalOf(id: string, answer: unknown): ItemOutcome {
  const failed = (reason: string): ItemOutcome => ({ id, outcome: 'failed', reason })
  switch (answer) {
    case 1:
      return { id, outcome: 'applied' }
    case -101:
      return { id, outcome: 'gone' }
    case -102:
      return failed('a parent job waits for this one: removing it would set the parent free')
    case -103:
      return failed('its own child jobs are still at work')
    case -8:
      return failed('it is the next run of a job scheduler: remove the scheduler instead')
    case 0:
      return failed('a worker holds it')
    default:
      return failed(`BullMQ answered ${String(answer)}`)
  }
}

/**
 * KEYS: job. ARGV: id, base, state, the body that was seen, the new body.
 * Answers 1: written; 0: not in that state; -1: the body is another one by now.
 */
const editScript = script(`
local call, id, base, state = redis.call, ARGV[1], ARGV[2], ARGV[3]
if call('EXISTS', KEYS[1]) == 0 then return 0 end
if call('EXISTS', KEYS[1] .. ':lock') == 1 or call('LPOS', base .. 'active', id) then return 0 end
local homes = { dead = { 'failed' }, done = { 'completed' }, delayed = { 'delayed', 'waiting-children' } }
if homes[state] then
  local stands = false
  for _, home in ipairs(homes[state]) do stands = stands or call('ZSCORE', base .. home, id) end
  if not stands then return 0 end
else
  for _, other in ipairs({ 'failed', 'completed', 'delayed', 'waiting-children' }) do
    if call('ZSCORE', base .. other, id) then return 0 end
  end
end
if call('HGET', KEYS[1], 'data') ~= ARGV[4] then return -1 end
call('HSET', KEYS[1], 'data', ARGV[5])
return 1
`)

/** The digest is compared here and the bytes behind it on the server, in the step that writes. */
export async function editJob(redis: RedisClient, queue: QueueAddress, edit: Edit): Promise<ItemOutcome> {
  const { id } = edit
  if (edit.state === 'leased') return { id, outcome: 'failed', reason: 'a worker holds it' }
  const invalid = notJson(edit.body)
  if (invalid) return { id, outcome: 'failed', reason: invalid }
  const { job } = jobKeysOf(queue, id)
  const [seen] = await ask(redis, [['HGET', job, 'data']])
  if (!Buffer.isBuffer(seen)) return { id, outcome: 'gone' }
  const changed: ItemOutcome = { id, outcome: 'changed', reason: 'its body was changed since it was opened' }
  if (createHash('sha256').update(seen).digest('hex') !== edit.expectedDigest) return changed
  const [outcome] = await eachOf(redis, editScript, {
    ids: [id],
    call: () => ({ keys: [job], args: [id, baseOf(queue), edit.state, seen, Buffer.from(edit.body)] }),
    outcome: (_, answer) =>
      answer === 1 ? { id, outcome: 'applied' } : answer === -1 ? changed : { id, outcome: 'gone' },
  })
  return outcome!
}

/** Why a body cannot be a BullMQ job's data; null when it can. Workers parse it as JSON, and stall on what is none. */
export function notJson(body: Uint8Array): string | null {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return 'BullMQ keeps data as JSON text, and these bytes are not UTF-8'
  }
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    return `BullMQ keeps data as JSON text, and this is not JSON: ${error instanceof Error ? error.message : 'unreadable'}`
  }
}

export const restoreJobs = (
  redis: RedisClient,
  { queue, snapshots, pausedList }: { queue: QueueAddress; snapshots: readonly Snapshot[]; pausedList: boolean },
) =>
  eachOf(redis, restoreScript, {
    ids: snapshots.map((snapshot) => snapshot.id),
    call: (_, index) => restoreArguments(queue, snapshots[index]!, pausedList),
    outcome: (id, answer) =>
      answer === 1 ? { id, outcome: 'applied' } : { id, outcome: 'changed', reason: 'a job of this id is there again' },
  })
