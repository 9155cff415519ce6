import { script } from '../../../clients/script'
import { idEpochMs, idsPerMs } from '../ids'
import { clock, latch, named, nextId, records, richAnswer, text } from './fragments'
import { leaving, opening, runs, takingPlaces, unfolding } from './parcels'

/**
 * The short way through a queue that holds nothing but plain messages of the default priority (retries and attributes
 * included). In a rich queue each of these answers -2, and its twin in rich-lease.ts is asked instead.
 */

const state = `local state = redis.call('HMGET', KEYS[1], 'paused', 'lease', 'rich', 'big', 'acked', 'spread', 'holes')
if state[3] then return ${richAnswer} end
`

/**
 * Above this many, bodies are fetched outside Lua, which would hash each. Below, the second call would cost the client more than
 * the hashing costs the server.
 */
const mostBodiesInLua = 128

/**
 * ack.held: the record; ack.ids: what goes, and ack.parcels: first ids of the parcels that go unopened, with ack.parceled messages;
 * ack.marks: '1' or '0' per id given. A whole lease is named by how many it held: when a part of it was taken back meanwhile,
 * nothing is done. `checks`: reads of other keys that come first, since a parcel may be opened here.
 */
const readAck = (at: number, checks = '') => `
${records}
local ack = { held = redis.call('HGET', KEYS[5], ARGV[${at}]), ids = {}, parcels = {}, parceled = 0, marks = {} }
ack.whole = tonumber(string.match(ARGV[${at + 1}] or '', '^%*(%d+)$'))
redis.call('HLEN', KEYS[2]) redis.call('ZCARD', KEYS[4])
ack.meta = redis.call('HLEN', KEYS[3]) > 0
if ack.held then
  if ack.whole then
    local tokens = idsOf(ack.held)
    if not string.find(ack.held, '*', 1, true) then ack.ids = tokens
    else
      for _, token in ipairs(tokens) do
        local _, count, first = runOf(token)
        if first then ack.parcels[#ack.parcels + 1] = first; ack.parceled = ack.parceled + count
        else ack.ids[#ack.ids + 1] = token end
      end
    end
    ack.left = false
    if #ack.ids + ack.parceled ~= ack.whole then return -4 end
    if #ack.parcels > 0 then redis.call('HLEN', key('parcels')) end
  else
    ${checks}${unfolding}
    ack.left = unfolded(ARGV[${at}], ack.held, holder(ARGV, ${at + 1}, 1))
    for i = ${at + 1}, #ARGV do
      local rest = cut(ack.left, ARGV[i])
      if rest then ack.left = rest; ack.ids[#ack.ids + 1] = ARGV[i] end
      ack.marks[i - ${at}] = rest and '1' or '0'
    end
    if not hasIds(ack.left) then ack.left = false end
  end
end
`

const writeAck = (at: number) => `
local acked = 0
if ack.held then
  if #ack.ids > 0 then
    redis.call('HDEL', KEYS[2], unpack(ack.ids))
    if ack.meta then redis.call('HDEL', KEYS[3], unpack(ack.ids)) end
  end
  local gone = #ack.ids + ack.parceled
  if #ack.parcels > 0 then
    redis.call('HDEL', key('parcels'), unpack(ack.parcels))
    redis.call('HINCRBY', KEYS[1], 'parceled', -ack.parceled)
  end
  if gone > 0 then redis.call('HSET', KEYS[1], 'acked', text(tonumber(state[5] or 0) + gone)) end
  if ack.left then redis.call('HSET', KEYS[5], ARGV[${at}], ack.left)
  else redis.call('ZREM', KEYS[4], ARGV[${at}]); redis.call('HDEL', KEYS[5], ARGV[${at}]) end
  acked = ack.whole and 1 or table.concat(ack.marks)
end
`

const leaseTypes = `redis.call('STRLEN', KEYS[6]) redis.call('SCARD', KEYS[7]) redis.call('LLEN', KEYS[8]) redis.call('LLEN', KEYS[9])`

/**
 * take.ids (runs among them), take.record (nil: nothing to lease), take.head: what leaves the list's head. The first
 * writes check the types of leases and leased by themselves: each command costs a server that was idle a microsecond.
 */
const readLease = `
local take = { ids = {}, skipped = {}, count = 0, head = { at = 0 }, spread = 0, more = false }
redis.call('STRLEN', KEYS[6])
if not state[1] then
  local want, removed = tonumber(ARGV[2]), state[7] and redis.call('SCARD', KEYS[7]) or 0
  if tonumber(state[6] or 0) > 0 then
    -- A parcel may be opened here.
    redis.call('HLEN', KEYS[2]) redis.call('HLEN', KEYS[3]) redis.call('ZCARD', KEYS[4]) redis.call('HLEN', KEYS[5]) redis.call('LLEN', KEYS[8])
    ${opening}${takingPlaces}
    local function isHole(id) return removed > 0 and redis.call('SISMEMBER', KEYS[7], id) == 1 end
    local took = takePlaces(KEYS[9], take.head, { want = want, isHole = isHole, whole = true, enough = want / 2 })
    take.ids, take.closed, take.skipped, take.count = took.ids, took.closed, took.skipped, took.count
    take.spread = took.moved - take.head.at
    take.more = took.count == want or took.enough or #took.skipped > 0
  else
    local span = removed == 0 and want or math.min(want + removed, 1000)
    local found = redis.call('LRANGE', KEYS[9], 0, span - 1)
    local count = #found
    take.ids, take.head.at, take.more = found, count, count == span
    if removed > 0 and count > 0 then
      local kept, seen = {}, 0
      while seen < count and #kept < want do
        seen = seen + 1
        if redis.call('SISMEMBER', KEYS[7], found[seen]) == 1 then take.skipped[#take.skipped + 1] = found[seen]
        else kept[#kept + 1] = found[seen] end
      end
      take.ids, take.head.at, take.more = kept, seen, count == span or seen < count
    end
    take.count = #take.ids
  end
  if #take.ids > 0 then
    take.record = ',' .. table.concat(take.ids, ',') .. ',|' .. ARGV[1]
    take.metas = redis.call('EXISTS', KEYS[3]) == 1 and redis.call('HMGET', KEYS[3], unpack(take.ids))
    if state[4] or #take.ids > ${mostBodiesInLua} then
      redis.call('HLEN', KEYS[2])
      take.bodies = state[4] and 0 or 1
    else
      take.bodies = redis.call('HMGET', KEYS[2], unpack(take.ids))
      for i, first in pairs(take.closed or {}) do take.bodies[i] = redis.call('HGET', key('parcels'), first) end
    end
  end
  if take.more then take.marks = redis.call('LLEN', KEYS[8]) end
end
`

/** The wait counted is that of the first id, for the whole batch: one command however many there are. */
const writeLease = `
local leased = state[1] and -1 or 0
if take.record then
  local id = text(${nextId('state[2]')})
  local expires = text(now + ARGV[3])
  local waited = now - (math.floor(string.match(take.ids[1], '^%d+') / ${idsPerMs}) + ${idEpochMs})
  local bucket = 0
  if waited >= 1 then local _, power = math.frexp(waited); bucket = math.min(power, 47) end
  ${latch('KEYS[5]')}
  redis.call('ZADD', KEYS[4], expires, id)
  redis.call('HSET', KEYS[5], id, take.record)
  redis.call('HSET', KEYS[1], 'lease', id)
  redis.call('BITFIELD', KEYS[6], 'INCRBY', 'i64', '#' .. bucket, take.count)
  leased = { id, expires, take.record, take.bodies, take.metas or 0 }
elseif #take.skipped > 0 then
  leased = -3
end
${leaving('KEYS[9]', 'take.head')}if take.spread > 0 then redis.call('HINCRBY', KEYS[1], 'spread', -take.spread) end
if #take.skipped > 0 then redis.call('SREM', KEYS[7], unpack(take.skipped)) end
if take.more and take.marks == 0 then redis.call('RPUSH', KEYS[8], '1') end
`

/**
 * Takes up to \`count\` messages off the ready list under one lease: parcels whole where they fit. One that does not fit is opened, unless
 * half of what was asked for is there without it: opening costs as much as leasing a hundred.
 *
 * KEYS  1 state  2 payload  3 meta  4 leases  5 leased  6 waits  7 removed  8 wake  9 ready (default priority)
 * ARGV  1 worker  2 count  3 lease ms
 * Answers { lease id, expiry, record, bodies, metas or 0 }, where the body of a run is its parcel, and bodies are 0 (in a queue
 * that has seen large ones) or 1 (many small ones) when they are to be fetched outside Lua; or 0 nothing is ready, -1 paused, -2 a rich queue, -3 only
 * removed ones were found: ask again.
 */
export const lease = script(`
${clock}${named}${runs}
${state}${readLease}${writeLease}
return leased
`)

/**
 * KEYS  1 state  2 payload  3 meta  4 leases  5 leased
 * ARGV  1 lease id  2- ids, or one '*n': all n that the lease holds
 * Answers 0 the lease is lost, 1 all were acked, or per id '1' acked and '0' not in this lease; -2 a rich queue; -4 it does
 * not hold n: name them.
 */
export const ack = script(`
${text}${named}${runs}
${state}${readAck(1)}${writeAck(1)}
return acked
`)

/**
 * Both in one call.
 *
 * KEYS  as lease
 * ARGV  1 worker  2 count  3 lease ms  4 finished lease  5- finished ids, or one '*n': all n that it holds
 * Answers { as ack, as lease }, or -2 a rich queue, or -4 as ack.
 */
export const turn = script(`
${clock}${named}${runs}
${state}${readAck(4, leaseTypes)}${readLease}${writeAck(4)}${writeLease}
return { acked, leased }
`)

/**
 * For every queue.
 *
 * KEYS  1 leases  2 leased
 * ARGV  1 lease id  2 lease ms
 * Answers 1, or 0 when the lease is lost.
 */
export const extend = script(`
${clock}
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 or not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
${latch('KEYS[2]')}
redis.call('ZADD', KEYS[1], 'XX', text(now + ARGV[2]), ARGV[1])
return 1
`)
