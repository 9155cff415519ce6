import { script } from '../../clients/script'

/**
 * Another message in the place of one, if exactly that one still waits.
 * KEYS: 1 list. ARGV: 1 the message before, 2 the message after, 3 how far from the taking end it is looked for.
 * Answers 1: done; 0: not there any more.
 */
export const replaceElement = script(`
local at = redis.call('LPOS', KEYS[1], ARGV[1], 'RANK', -1, 'MAXLEN', ARGV[3])
if not at then return 0 end
redis.call('LSET', KEYS[1], at, ARGV[2])
return 1
`)

/**
 * Takes one message out, if exactly that one still waits.
 * KEYS: 1 list. ARGV: 1 the message, 2 how far from the taking end it is looked for.
 * Answers 1: done; 0: not there any more.
 */
export const removeElement = script(`
if not redis.call('LPOS', KEYS[1], ARGV[1], 'RANK', -1, 'MAXLEN', ARGV[2]) then return 0 end
return redis.call('LREM', KEYS[1], -1, ARGV[1])
`)

/**
 * Puts a message back at the end at which workers take, unless it is there already.
 * KEYS: 1 list. ARGV: 1 the message, 2 how far from the taking end it is looked for.
 * Answers 1: done; 0: it is there.
 */
export const putBack = script(`
if redis.call('LPOS', KEYS[1], ARGV[1], 'RANK', -1, 'MAXLEN', ARGV[2]) then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[1])
return 1
`)
