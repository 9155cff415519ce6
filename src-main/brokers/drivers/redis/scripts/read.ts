import { script } from '../../../clients/script'
import { defaultPriority, priorities } from '../keys'

/**
 * The figures of many queues in one call, for single servers: which lists a queue has is found out inside, so keys are made
 * here of what they begin with. Writes nothing, so it runs where scripts may only read.
 *
 * KEYS  per queue what its keys begin with
 * ARGV  what they end with: state, payload, delayed, dead, removed, waits, ready (a priority follows)
 * Answers now in ms, then per queue { in lists, bodies, delayed, dead, removed, first id or 0, paused, in, acked, waits }, or
 * { key, its type } when that key holds something else than it should.
 */
export const readQueues = script(`
local time = redis.call('TIME')
local answer = { time[1] * 1000 + math.floor(time[2] / 1000) }
local ask = redis.pcall
for q = 1, #KEYS do
  local base, wrong = KEYS[q], nil
  local state = ask('HMGET', base .. ARGV[1], 'paused', 'in', 'acked', 'mixed', 'holes')
  local bodies = ask('HLEN', base .. ARGV[2])
  local delayed = ask('ZCARD', base .. ARGV[3])
  local dead = ask('ZCARD', base .. ARGV[4])
  local waits = ask('GET', base .. ARGV[6])
  local removed = 0
  if state.err then wrong = ARGV[1]
  elseif type(bodies) == 'table' then wrong = ARGV[2]
  elseif type(delayed) == 'table' then wrong = ARGV[3]
  elseif type(dead) == 'table' then wrong = ARGV[4]
  elseif type(waits) == 'table' then wrong = ARGV[6]
  elseif state[5] then
    removed = ask('SCARD', base .. ARGV[5])
    if type(removed) == 'table' then wrong = ARGV[5] end
  end
  local ready, oldest = 0, 0
  if not wrong then
    local first, last = ${defaultPriority}, ${defaultPriority}
    if state[4] then first, last = 0, ${priorities - 1} end
    for priority = first, last do
      local list = base .. ARGV[7] .. priority
      local length = ask('LLEN', list)
      if type(length) == 'table' then wrong = ARGV[7] .. priority break end
      ready = ready + length
      if length > 0 then
        local head
        if removed == 0 then head = redis.call('LINDEX', list, 0)
        else
          for _, id in ipairs(redis.call('LRANGE', list, 0, 99)) do
            if redis.call('SISMEMBER', base .. ARGV[5], id) == 0 then head = id break end
          end
        end
        head = tonumber(head or 0)
        if head > 0 and (oldest == 0 or head < oldest) then oldest = head end
      end
    end
  end
  if wrong then answer[q + 1] = { base .. wrong, redis.call('TYPE', base .. wrong).ok }
  else
    answer[q + 1] = { ready, bodies, delayed, dead, removed, oldest, state[1] and 1 or 0,
      tonumber(state[2] or 0), tonumber(state[3] or 0), waits or '' }
  end
end
return answer
`)
