import { script } from '../../../clients/script'

/** A key holds "c" and who claims it, "d" and the result, or "n": done, with no result. It ends by itself. */

/**
 * Who claims again what he has already goes on: his first answer may have been lost.
 *
 * KEYS  1 the key
 * ARGV  1 owner  2 ms
 * Answers what stands in it, or '' when it is claimed now.
 */
export const claim = script(`
local found = redis.call('GET', KEYS[1])
if found and found ~= 'c' .. ARGV[1] then return found end
redis.call('SET', KEYS[1], 'c' .. ARGV[1], 'PX', ARGV[2])
return ''
`)

/**
 * KEYS  1 the key
 * ARGV  1 owner  2 what it shall hold, or '' to free it  3 ms
 * Answers 1, or 0 when the claim is somebody else's or over.
 */
export const end = script(`
if redis.call('GET', KEYS[1]) ~= 'c' .. ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1
`)
