import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import { script } from '../../clients/script'
import { keysOf } from './keys'

/** KEYS of every script here, in this order. */
export const keysFor = (queue: QueueAddress): readonly string[] => {
  const { jobs, waiting, active, delayed, succeeded, failed, stalling, id, earlierDelayed } = keysOf(queue)
  return [jobs, waiting, active, delayed, succeeded, failed, stalling, id, earlierDelayed]
}

/** What the scripts call the places: bee-queue's words. */
export const homeOf = {
  ready: 'waiting',
  leased: 'active',
  delayed: 'delayed',
  dead: 'failed',
  done: 'succeeded',
} as const satisfies Record<MessageState, string>

/** Every key is of its type or not there, before anything is written; `stands` says whether a job is where it is meant to be. */
const head = `
local call = redis.call
local jobs, waiting, active, delayed, succeeded, failed, stalling = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local types = { 'hash', 'list', 'list', 'zset', 'set', 'set', 'set', 'string' }
for i, wanted in ipairs(types) do
  local kind = call('TYPE', KEYS[i]).ok
  if kind ~= 'none' and kind ~= wanted then return redis.error_reply('WRONGTYPE ' .. KEYS[i]) end
end
local function stands(home, id)
  if call('HEXISTS', jobs, id) == 0 then return false end
  if home == 'failed' then return call('SISMEMBER', failed, id) == 1 end
  if home == 'succeeded' then return call('SISMEMBER', succeeded, id) == 1 end
  if home == 'delayed' then return call('ZSCORE', delayed, id) ~= false end
  return call('LPOS', home == 'active' and active or waiting, id) ~= false
end
`

/** ARGV: id. Answers 1: moved; 0: not among the failed. As bee-queue's own Job.retry, which does not look first. */
export const retryScript = script(`${head}
local id = ARGV[1]
if not stands('failed', id) or call('LPOS', waiting, id) or call('LPOS', active, id) then return 0 end
call('LPUSH', waiting, id)
call('SREM', failed, id)
return 1
`)

/** ARGV: id, home. Answers 1: removed; 0: not there; -2: a worker holds it. */
export const removeScript = script(`${head}
local id, home = ARGV[1], ARGV[2]
if call('LPOS', active, id) then return -2 end
if not stands(home, id) then return 0 end
if home == 'failed' then call('SREM', failed, id)
elseif home == 'succeeded' then call('SREM', succeeded, id)
elseif home == 'delayed' then call('ZREM', delayed, id)
else call('LREM', waiting, -1, id) end
call('SREM', stalling, id)
call('HDEL', jobs, id)
return 1
`)

/** ARGV: id, home, the job's JSON that was seen, the new JSON. Answers 1: written; 0: not there; -1: it is another by now. */
export const editScript = script(`${head}
local id, home = ARGV[1], ARGV[2]
if call('LPOS', active, id) or not stands(home, id) then return 0 end
if call('HGET', jobs, id) ~= ARGV[3] then return -1 end
call('HSET', jobs, id, ARGV[4])
return 1
`)

/**
 * ARGV: id, home, score, the job's JSON. Answers 1: put back; 0: the id is in use again. One that waited goes behind those that wait
 * now; several keep the order in which they are given.
 */
export const restoreScript = script(`${head}
local id, home = ARGV[1], ARGV[2]
if call('HEXISTS', jobs, id) == 1 then return 0 end
call('HSET', jobs, id, ARGV[4])
if home == 'failed' then call('SADD', failed, id)
elseif home == 'succeeded' then call('SADD', succeeded, id)
elseif home == 'delayed' then call('ZADD', delayed, ARGV[3], id)
else call('LPUSH', waiting, id) end
return 1
`)

/** ARGV: the id or "", the job's JSON, when it is due or 0. Answers the id; nothing where the id is in use. */
export const addScript = script(`${head}
local id = ARGV[1]
if id == '' then id = tostring(call('INCR', KEYS[8])) end
if call('HEXISTS', jobs, id) == 1 then return false end
call('HSET', jobs, id, ARGV[2])
if ARGV[3] == '0' then
  call('LPUSH', waiting, id)
  return id
end
call('ZADD', delayed, ARGV[3], id)
if call('ZRANGE', delayed, 0, 0)[1] == id then call('PUBLISH', KEYS[9], ARGV[3]) end
return id
`)
