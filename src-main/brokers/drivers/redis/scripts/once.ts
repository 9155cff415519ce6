import { script } from '../../../clients/script'

/** A key that a handler claims before an effect that must not happen twice: 'c' and the claim's owner, or 'd' and the result. */

/**
 * KEYS  1 the key
 * ARGV  1 owner  2 how long the claim stands, ms
 * Answers 'n' for new: claimed; else what stands there. Not nil, whose first half reads like the whole.
 */
export const claim = script(`
local there = redis.call('GET', KEYS[1])
if there and there ~= 'c' .. ARGV[1] then return there end
redis.call('SET', KEYS[1], 'c' .. ARGV[1], 'PX', ARGV[2])
return 'n'
`)

/**
 * KEYS  1 the key
 * ARGV  1 owner  2 result  3 how long it is remembered, ms
 * Answers 1, or 0 when the claim is not the owner's any more.
 */
export const complete = script(`
if redis.call('GET', KEYS[1]) ~= 'c' .. ARGV[1] then return 0 end
redis.call('SET', KEYS[1], 'd' .. ARGV[2], 'PX', ARGV[3])
return 1
`)

/**
 * KEYS  1 the key
 * ARGV  1 owner
 * Answers 1, or 0 when the claim is not the owner's any more.
 */
export const release = script(`
if redis.call('GET', KEYS[1]) ~= 'c' .. ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`)
