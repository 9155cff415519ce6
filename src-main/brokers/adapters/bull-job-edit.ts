import type { RedisClient } from '../clients/redis'
import { script } from '../clients/script'
import type { Edit, ItemOutcome } from '../remedies'
import { digestOf } from './body-text'
import { eachOf } from './item-by-item'
import { notJson } from './json-body'
import { ask } from './redis-asking'

/**
 * KEYS: job. ARGV: id, base, state, the body that was seen, the new body.
 * Answers 1: written; 0: not in that state; -1: the body is another one by now.
 */
const editScript = script(`
local call, id, base, state = redis.call, ARGV[1], ARGV[2], ARGV[3]
if call('EXISTS', KEYS[1]) == 0 then return 0 end
if call('EXISTS', KEYS[1] .. ':lock') == 1 or call('LPOS', base .. 'active', id) then return 0 end
local homes = { dead = { 'failed' }, done = { 'completed' }, delayed = { 'delayed', 'waiting-children' } }
if homes[state] then
  local stands = false
  for _, home in ipairs(homes[state]) do stands = stands or call('ZSCORE', base .. home, id) end
  if not stands then return 0 end
else
  for _, other in ipairs({ 'failed', 'completed', 'delayed', 'waiting-children' }) do
    if call('ZSCORE', base .. other, id) then return 0 end
  end
end
if call('HGET', KEYS[1], 'data') ~= ARGV[4] then return -1 end
call('HSET', KEYS[1], 'data', ARGV[5])
return 1
`)

/** The digest is compared here and the bytes behind it on the server, in the step that writes. */
export async function editJob(
  redis: RedisClient,
  { base, product, edit }: { readonly base: string; readonly product: string; readonly edit: Edit },
): Promise<ItemOutcome> {
  const { id } = edit
  if (edit.state === 'leased') return { id, outcome: 'failed', reason: 'a worker holds it' }
  const invalid = notJson(edit.body, product)
  if (invalid) return { id, outcome: 'failed', reason: invalid }
  const job = `${base}${id}`
  const [seen] = await ask(redis, [['HGET', job, 'data']])
  if (!Buffer.isBuffer(seen)) return { id, outcome: 'gone' }
  const changed: ItemOutcome = { id, outcome: 'changed', reason: 'its body was changed since it was opened' }
  if (digestOf(seen) !== edit.expectedDigest) return changed
  const [outcome] = await eachOf(redis, editScript, {
    ids: [id],
    call: () => ({ keys: [job], args: [id, base, edit.state, seen, Buffer.from(edit.body)] }),
    outcome: (_, answer) =>
      answer === 1 ? { id, outcome: 'applied' } : answer === -1 ? changed : { id, outcome: 'gone' },
  })
  return outcome!
}
