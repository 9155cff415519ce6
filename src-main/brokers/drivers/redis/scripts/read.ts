import { script } from '../../../clients/script'

/**
 * The figures of many queues in one call. Writes nothing, so it runs where scripts may only read.
 *
 * KEYS  per queue: state, payload, delayed, dead, removed, waits, then its ready lists (one or ten)
 * ARGV  per queue: how many ready lists it has among KEYS
 * Answers now in ms, then per queue { in lists, bodies, delayed, dead, removed, first id or '', paused, in, acked, waits, mixed }, or
 * { key, its type } when that key holds something else than it should.
 */
export const readQueues = script(`
local time = redis.call('TIME')
local answer, at = { time[1] * 1000 + math.floor(time[2] / 1000) }, 0
for q = 1, #ARGV do
  local first, lists = at, tonumber(ARGV[q])
  at = at + 6 + lists
  local state = redis.pcall('HMGET', KEYS[first + 1], 'paused', 'in', 'acked', 'mixed')
  local bodies = redis.pcall('HLEN', KEYS[first + 2])
  local delayed = redis.pcall('ZCARD', KEYS[first + 3])
  local dead = redis.pcall('ZCARD', KEYS[first + 4])
  local removed = redis.pcall('SCARD', KEYS[first + 5])
  local waits = redis.pcall('GET', KEYS[first + 6])
  local wrong
  if state.err then wrong = 1
  elseif type(bodies) == 'table' then wrong = 2
  elseif type(delayed) == 'table' then wrong = 3
  elseif type(dead) == 'table' then wrong = 4
  elseif type(removed) == 'table' then wrong = 5
  elseif type(waits) == 'table' then wrong = 6 end
  local ready, oldest = 0, ''
  for k = first + 7, first + 6 + lists do
    local length = redis.pcall('LLEN', KEYS[k])
    if type(length) == 'table' then wrong = k - first break end
    ready = ready + length
    if length > 0 then
      local head
      if removed == 0 then head = redis.call('LINDEX', KEYS[k], 0)
      else
        for _, id in ipairs(redis.call('LRANGE', KEYS[k], 0, 99)) do
          if redis.call('SISMEMBER', KEYS[first + 5], id) == 0 then head = id break end
        end
      end
      if head and (oldest == '' or tonumber(head) < tonumber(oldest)) then oldest = head end
    end
  end
  if wrong then answer[q + 1] = { KEYS[first + wrong], redis.call('TYPE', KEYS[first + wrong]).ok }
  else
    answer[q + 1] = { ready, bodies, delayed, dead, removed, oldest, state[1] or '', state[2] or '', state[3] or '', waits or '', state[4] or '' }
  end
end
return answer
`)
