import type { QueueAddress } from '@shared/model/queue'
import { type Script, script } from '../../clients/script'
import { baseOf, jobKeyOf, keysOf } from './keys'

/**
 * Bull 4's own scripts from the pinned package, as they are, with a few lines around them that compare the job's state first and
 * keep its priority, so that all is one step of the server. Its Queue class is not opened: that would need connections of its own.
 */
export interface Library {
  readonly add: Script
  readonly remove: Script
  readonly replay: Script
  readonly pause: Script
}

let loaded: Promise<Library> | undefined

/** Loaded when first needed: a console that only looks never pays for it. */
export const library = (): Promise<Library> => {
  loaded ??= Promise.all([
    import('bull/lib/scripts/addJob-6.js'),
    import('bull/lib/scripts/removeJob-11.js'),
    import('bull/lib/scripts/reprocessJob-6.js'),
    import('bull/lib/scripts/pause-5.js'),
  ]).then(([add, remove, reprocess, pause]) => ({
    add: script(add.default.content),
    remove: script(compareBeforeRemoval + remove.default.content),
    replay: script(replayKeepingPriority(reprocess.default.content)),
    pause: script(refuseToOverwrite + pause.default.content),
  }))
  return loaded
}

/** ARGV[3] is the state that was meant. Answers: 1 removed, 0 a worker holds it, -101 not in that state. */
const compareBeforeRemoval = `
do
  local call, id, state = redis.call, ARGV[1], ARGV[3]
  local homes = { dead = KEYS[6], done = KEYS[5], delayed = KEYS[3] }
  -- Where the hash was evicted only the id is left, and Bull's own removal would not touch it.
  if call('EXISTS', KEYS[8]) == 0 then return homes[state] and call('ZREM', homes[state], id) == 1 and 1 or -101 end
  if homes[state] then
    if not call('ZSCORE', homes[state], id) then return -101 end
  else
    if call('LPOS', KEYS[1], id) then return -101 end
    for _, other in ipairs({ KEYS[3], KEYS[5], KEYS[6] }) do
      if call('ZSCORE', other, id) then return -101 end
    end
  end
end
`

export const removeKeys = (queue: QueueAddress, id: string): readonly string[] => {
  const { active, wait, delayed, paused, completed, failed, priority, limiter, base } = keysOf(queue)
  const job = jobKeyOf(queue, id)
  return [active, wait, delayed, paused, completed, failed, priority, job, `${job}:logs`, limiter, base]
}

/**
 * KEYS[7]: the index of priorities. Bull's retry takes fields away before it looks whether the job is among the failed, and pushes
 * it in as if it had no priority. Here it is looked first, and what was pushed is set among those of its priority, as Bull does
 * for a new job: behind them, counted from the end where workers take. Answers: 1 moved, -2 not among the failed.
 */
const replayKeepingPriority = (content: string) => `
local call, id = redis.call, ARGV[1]
if not call('ZSCORE', KEYS[3], id) then return -2 end
local raw = call('HGET', KEYS[1], 'opts')
local ok, opts = pcall(cjson.decode, raw or '{}')
ARGV[2] = (ok and type(opts) == 'table' and opts.lifo and 'RPUSH') or 'LPUSH'
local moved = (function()
${content}
end)()
local priority = tonumber(call('HGET', KEYS[1], 'priority') or '0') or 0
if moved == 1 and priority > 0 then
  local list = call('EXISTS', KEYS[5]) == 1 and KEYS[6] or KEYS[4]
  call('LREM', list, ARGV[2] == 'LPUSH' and 1 or -1, id)
  call('ZADD', KEYS[7], priority, id)
  local before = call('ZCOUNT', KEYS[7], 0, priority) - 1
  local next = before > 0 and call('LINDEX', list, -before)
  if before == 0 then call('RPUSH', list, id)
  elseif next then call('LINSERT', list, 'BEFORE', next, id)
  else call('LPUSH', list, id) end
end
return moved
`

export const replayKeys = (queue: QueueAddress, id: string): readonly string[] => {
  const { failed, wait, metaPaused, paused, priority } = keysOf(queue)
  const job = jobKeyOf(queue, id)
  return [job, `${job}:lock`, failed, wait, metaPaused, paused, priority]
}

/** Bull renames one list onto the other: where both hold jobs, those of the second would be lost. */
const refuseToOverwrite = `
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('EXISTS', KEYS[2]) == 1 then return -101 end
`

export const pauseKeys = (queue: QueueAddress, pausing: boolean): readonly string[] => {
  const { wait, paused, metaPaused, meta } = keysOf(queue)
  const event = `${baseOf(queue)}${pausing ? 'paused' : 'resumed'}`
  return pausing ? [wait, paused, metaPaused, event, meta] : [paused, wait, metaPaused, event, meta]
}

export const addKeys = (queue: QueueAddress): readonly string[] => {
  const { wait, paused, metaPaused, id, delayed, priority } = keysOf(queue)
  return [wait, paused, metaPaused, id, delayed, priority]
}
