import type { RedisClient } from '../clients/redis'
import { runScript, type Script, type ScriptArg } from '../clients/script'
import type { ItemOutcome } from '../remedies'
import { failureOf, isRefusal, wasNeverSent } from './redis-asking'

export interface ScriptCall {
  readonly keys: readonly string[]
  readonly args: readonly ScriptArg[]
}

/**
 * One script call per message, each atomic by itself, all written before the first answer is awaited. The first goes alone:
 * it makes the server know the script, so that the text travels once. Outcomes stand in the order of `ids`.
 */
export async function eachOf(
  redis: RedisClient,
  code: Script,
  {
    ids,
    call,
    outcome,
  }: {
    readonly ids: readonly string[]
    readonly call: (id: string, index: number) => ScriptCall
    readonly outcome: (id: string, answer: unknown) => ItemOutcome
  },
): Promise<readonly ItemOutcome[]> {
  const one = async (id: string, index: number): Promise<ItemOutcome> => {
    const { keys, args } = call(id, index)
    try {
      return outcome(id, await runScript(redis, code, keys, args))
    } catch (error) {
      return outcomeOf(id, error)
    }
  }
  const [head, ...rest] = ids
  if (head === undefined) return []
  const first = await one(head, 0)
  return [first, ...(await Promise.all(rest.map((id, index) => one(id, index + 1))))]
}

/** What the server refused was not done; what was never sent neither; all else may have been. */
function outcomeOf(id: string, error: unknown): ItemOutcome {
  const reason = wordsOf(error)
  return { id, outcome: isRefusal(error) || wasNeverSent(error) ? 'failed' : 'unknown', reason }
}

/** A script that met a key of another type says which: "WRONGTYPE key", in the middle of a longer text. */
function wordsOf(error: unknown): string {
  const named = error instanceof Error ? /WRONGTYPE (?!Operation)(\S+)/.exec(error.message)?.[1] : undefined
  return named === undefined
    ? failureOf(error).words
    : `${named} holds another type than belongs there; nothing was changed`
}
