import { countedBy, mostInParcel, parcelStride } from '../parcel'
import { latch } from './fragments'

/** Pieces of Lua about runs of ids and the parcels that hold their bodies: see parcel.ts and runs.ts for what they look like. */

/**
 * runOf(token): first number, count and the first id as text, of `FIRST*COUNT`; nil for an id. runFrom(first, count): the token.
 */
export const runs = `
local function runOf(token)
  local first, count = string.match(token, '^(%d+)%*(%d+)$')
  if first then return tonumber(first), tonumber(count), first end
end
local function runFrom(first, count) return count > 1 and text(first) .. '*' .. count or text(first) end
`

/**
 * open(first): the bodies of a parcel become fields of \`payload\`, whatever else becomes of them; their place stays. Once opened
 * it does nothing. Nobody can tell an opened message from a closed one, so a script may open before it knows whether it will change
 * anything, once it has checked the types of its keys.
 */
export const opening = `
local function open(first)
  local parcel = redis.call('HGET', key('parcels'), first)
  if not parcel then return end
  local count, number, fields = #parcel % ${countedBy}, tonumber(first), {}
  local at = 2 * count + 1
  for i = 1, count do
    local low, high = string.byte(parcel, 2 * i - 1, 2 * i)
    local after = at + low + 256 * high
    fields[2 * i - 1] = text(number + i - 1)
    fields[2 * i] = string.sub(parcel, at, after - 1)
    at = after
  end
  ${latch('KEYS[1]')}
  redis.call('HSET', key('payload'), unpack(fields))
  redis.call('HDEL', key('parcels'), first)
  redis.call('HINCRBY', KEYS[1], 'parceled', -count)
end
`

/**
 * unfolded(lease, record, holds): the record with the ids of each run for which holds(first, count), whose parcel is then open. A
 * run in a record stands for a closed parcel, always.
 * holder(ids, from, step): such a question: whether a run holds one of these.
 */
export const unfolding = `
${opening}
local function unfolded(lease, record, holds)
  local stop = string.find(record, '|', 1, true)
  local star = string.find(record, '*', 1, true)
  if not star or star > stop then return record end
  local before = record
  local body = string.gsub(string.sub(record, 1, stop - 1), '(%d+)%*(%d+)', function(first, count)
    local number = tonumber(first)
    if not holds(number, tonumber(count)) then return nil end
    open(first)
    local ids = {}
    for i = 1, count do ids[i] = text(number + i - 1) end
    return table.concat(ids, ',')
  end)
  record = body .. string.sub(record, stop)
  if record ~= before then redis.call('HSET', key('leased'), lease, record) end
  return record
end
local function holder(ids, from, step)
  return function(first, count)
    for i = from, #ids, step do
      local number = tonumber(ids[i])
      if number and number >= first and number < first + count then return true end
    end
    return false
  end
end
`

/** Messages looked at in one list by one call, and a parcel beyond them. */
const mostLookedAt = 1_000

/**
 * takePlaces(list, head, how): what leaves a list from its head on. `head`: { at = places that left before, rest = what is left of
 * the next one (nil: all) }; it is moved on. `how`: { want, isHole(id), stops(place) or nil, whole = parcels that fit are taken as they
 * are, where any other is opened; enough = with so many taken, one that does not fit is left closed instead (nil: never) }.
 * Answers { ids, runs among them; closed: index there -> first id of a parcel; skipped; count; moved: messages that leave; enough: one was
 * left closed }.
 */
export const takingPlaces = `
local function takePlaces(list, head, how)
  local took = { ids = {}, closed = {}, skipped = {}, count = 0, moved = 0 }
  local at, from, window, rest = head.at, head.at, head.rest and { head.rest } or {}, nil
  local function one(id)
    took.moved = took.moved + 1
    if how.isHole(id) then took.skipped[#took.skipped + 1] = id
    else took.ids[#took.ids + 1] = id; took.count = took.count + 1 end
  end
  local function run(number, count, first)
    local fits = count <= how.want - took.count
    local leaves = not fits and how.enough and took.count >= how.enough
    if how.whole and (fits or leaves) and redis.call('HEXISTS', key('parcels'), first) == 1 then
      if leaves then took.enough = true; return first .. '*' .. count end
      took.ids[#took.ids + 1] = runFrom(number, count)
      took.closed[#took.ids] = first
      took.count = took.count + count
      took.moved = took.moved + count
      return nil
    end
    open(first)
    for i = 0, count - 1 do
      if took.count == how.want then return runFrom(number + i, count - i) end
      one(text(number + i))
    end
  end
  while took.count < how.want and took.moved < ${mostLookedAt} and not rest do
    local place = window[at - from + 1]
    if not place then
      -- A parcel may be all that is wanted.
      local most = how.whole and at == 0 and 1 or math.min(how.want - took.count, ${mostLookedAt})
      window, from = redis.call('LRANGE', list, at, at + most - 1), at
      place = window[1]
    end
    if not place or how.stops and how.stops(place) then break end
    if not string.find(place, '[*,]') then one(place)
    else
      for token in string.gmatch(place, '[^,]+') do
        local left = token
        if not rest and took.count < how.want then
          local number, count, first = runOf(token)
          if number then left = run(number, count, first) else one(token); left = nil end
        end
        if left then rest = rest and rest .. ',' .. left or left end
      end
    end
    if not rest then at = at + 1 end
    if rest == place then rest = nil break end
  end
  head.at, head.rest = at, rest or (at == head.at and head.rest or nil)
  return took
end
`

/** Takes off a list what takePlaces says of its head. */
export const leaving = (list: string, head: string) => `
if ${head}.at > 0 then redis.call('LTRIM', ${list}, ${head}.at, -1) end
if ${head}.rest then redis.call('LSET', ${list}, 0, ${head}.rest) end
`

/** parcelOf(id): first id and bytes of the closed parcel that holds a message; nil when none does. */
export const parcelLookUp = `
local parcels, nearest = redis.call('HLEN', key('parcels')), {}
local function parcelOf(id)
  -- Of the texts that are this number only one is the id.
  local number = parcels > 0 and tonumber(string.match(id, '^[1-9]%d*$') or '')
  if not number then return nil end
  local start = number - number % ${parcelStride}
  local found = nearest[start]
  if found == nil then
    found = false
    for first = start, start - ${mostInParcel - parcelStride}, -${parcelStride} do
      local name = text(first)
      local bytes = redis.call('HSTRLEN', key('parcels'), name)
      if bytes > 0 then found = { name, bytes, first + bytes % ${countedBy} } break end
    end
    nearest[start] = found
  end
  if found and number < found[3] then return found[1], found[2] end
end
`
