import { Cluster } from 'ioredis'
import type { Clock } from '../../runtime/clock'
import type { RedisClient } from '../clients/redis'
import { runReadOnlyScript, type ScriptArg, script } from '../clients/script'
import { type Answer, askAll, type Command, failureOf, isRefusal, timeOf } from './redis-asking'

/** Commands of one call: keeps it under three milliseconds of the server's time, and a thousand queues at some six calls. */
const mostPerCall = 2_000

interface Question {
  readonly commands: readonly Command[]
  readonly answered: (answers: readonly Answer[]) => void
  readonly failed: (error: unknown) => void
}

/** What is asked in one turn of the event loop, by whichever layout, travels together. */
const waiting = new WeakMap<RedisClient, Question[]>()
/** Connections whose user or server has no read-only scripts. */
const plain = new WeakSet<RedisClient>()

/**
 * The figures of a tick: as `askAll`, but all questions of one turn go as few calls of a read-only script, so that watching a thousand
 * queues is some calls a second and not thousands. Where scripts are not to be had, and on a cluster, it is `askAll`.
 * The commands must be reads that a script may run.
 */
export function askTogether(redis: RedisClient, commands: readonly Command[]): Promise<readonly Answer[]> {
  if (commands.length === 0) return Promise.resolve([])
  if (redis instanceof Cluster || plain.has(redis)) return askAll(redis, commands)
  return new Promise((answered, failed) => {
    const questions = waiting.get(redis)
    if (questions) return void questions.push({ commands, answered, failed })
    waiting.set(redis, [{ commands, answered, failed }])
    setImmediate(() => void settle(redis))
  })
}

/** Milliseconds by the server's clock, asked together with what else is asked. */
export async function timeTogether(redis: RedisClient, clock: Clock): Promise<number> {
  if (redis instanceof Cluster) return clock.now()
  const [answer] = await askTogether(redis, [['TIME']])
  return timeOf(answer, clock)
}

async function settle(redis: RedisClient): Promise<void> {
  const questions = waiting.get(redis) ?? []
  waiting.delete(redis)
  const all = questions.flatMap(({ commands }) => commands)
  const chunks: Command[][] = []
  for (let at = 0; at < all.length; at += mostPerCall) chunks.push(all.slice(at, at + mostPerCall))
  try {
    const answers = (await Promise.all(chunks.map((chunk) => askChunk(redis, chunk)))).flat()
    let at = 0
    for (const { commands, answered } of questions) {
      answered(answers.slice(at, at + commands.length))
      at += commands.length
    }
  } catch (error) {
    for (const { failed } of questions) failed(failureOf(error))
  }
}

/** What the script's user was refused is asked again in plain words: a script tells the reason otherwise. */
async function askChunk(redis: RedisClient, commands: readonly Command[]): Promise<readonly Answer[]> {
  const values = await valuesOf(redis, commands)
  if (!values) return await askAll(redis, commands)
  const refused = commands.filter((_, index) => values[index] instanceof Error)
  const again = [...(await askAll(redis, refused))]
  return values.map((value): Answer => (value instanceof Error ? again.shift()! : { ok: true, value }))
}

/** null: not by a script. */
async function valuesOf(redis: RedisClient, commands: readonly Command[]): Promise<readonly unknown[] | null> {
  const args = commands.flatMap((command): ScriptArg[] => [command.length, ...command])
  try {
    const values = await runReadOnlyScript(redis, runEach, [], args)
    return Array.isArray(values) && values.length === commands.length ? values : null
  } catch (error) {
    if (!isRefusal(error)) throw error
    // Denied by an ACL, or a server before 7.0 that has no read-only scripts; anything else may pass.
    if (/^(NOPERM|ERR unknown command)/i.test(error.message)) plain.add(redis)
    return null
  }
}

/**
 * KEYS: none (a read-only script may read what its ARGV name). ARGV: each command as its number of words and its words.
 * Answers what each answered, errors among them.
 */
const runEach = script(`
local pcall, unpack, out, at, count = redis.pcall, unpack, {}, 1, 0
while ARGV[at] do
  local last = at + ARGV[at]
  count = count + 1
  out[count] = pcall(unpack(ARGV, at + 1, last))
  at = last + 1
end
return out
`)
