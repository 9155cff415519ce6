import { script } from '../../../clients/script'

/**
 * Makes a group from the first entry on. The server is told how many were added and are gone already, where it counts that
 * (Redis 7.0 and newer): otherwise it could not tell a lag once anything is deleted.
 *
 * KEYS  1 stream
 * ARGV  1 group
 * Answers 1, or 0 when it is there.
 */
export const makeGroup = script(`
local gone
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'entries-added' then gone = info[i + 1] - redis.call('XLEN', KEYS[1]) end
  end
else
  gone = 0
end
local reply
if gone then reply = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM', 'ENTRIESREAD', gone) end
-- An older server knows no such word.
if not gone or reply.err and not string.find(reply.err, 'BUSYGROUP', 1, true) then
  reply = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
end
if reply.err and string.find(reply.err, 'BUSYGROUP', 1, true) then return 0 end
if reply.err then return reply end
return 1
`)
