import type { RedisClient } from '../clients/redis'
import { runScript, type Script, type ScriptArg } from '../clients/script'
import type { ItemOutcome } from '../remedies'
import { editElement, moveElements, putElements } from './element-scripts'
import { failureOf, isRefusal, listOf, wasNeverSent } from './redis-asking'

/** Where elements stand, and as what. */
export interface Place {
  readonly key: string
  readonly type: 'list' | 'zset' | 'hash' | 'stream'
}

/** How the server finds an element again: its exact bytes, and where they stood. */
export interface Match {
  readonly id: string
  readonly bytes: Uint8Array
  /** Of a list: its index from either end. Of a hash: the field. Of a stream: the entry's id. */
  readonly at: readonly [string | number, string | number]
}

/**
 * What is put at the new place, by its type. list: LPUSH or RPUSH, the element. zset: the score, the member. hash: the field, the
 * value. stream: an id or "*", then fields and values.
 */
export type Put = readonly ScriptArg[]

/**
 * Takes elements away, or moves them: each is found by its exact bytes in the step that takes it, put at its new place first,
 * and told by itself. `to` null: nowhere.
 */
export const transfer = (
  redis: RedisClient,
  { from, to, reach }: { readonly from: Place; readonly to: Place | null; readonly reach: number },
  items: readonly (Match & { readonly put: Put })[],
): Promise<readonly ItemOutcome[]> =>
  inCalls(redis, moveElements, {
    keys: to ? [from.key, to.key] : [from.key],
    head: [from.type, to?.type ?? '', sentinel(), reach],
    items,
    args: ({ at, bytes, put }) => [...at, Buffer.from(bytes), put.length, ...put],
    outcome: ({ id }, code) => outcomeOf(id, code),
  })

/**
 * Puts elements where they are not any more. `was`: of a list how many of the same bytes it held when this one was taken from it, of
 * a stream the id that it had, "" where nothing is compared.
 */
export const putBack = (
  redis: RedisClient,
  to: Place,
  items: readonly { readonly id: string; readonly was: number | string; readonly put: Put }[],
): Promise<readonly ItemOutcome[]> =>
  inCalls(redis, putElements, {
    keys: [to.key],
    head: [to.type],
    items,
    args: ({ was, put }) => [was, put.length, ...put],
    outcome: ({ id }, code) => outcomeOf(id, code),
  })

/** Writes other bytes over an element, in its place: its index, its score, its field stay. */
export async function overwrite(
  redis: RedisClient,
  { place, reach }: { readonly place: Place; readonly reach: number },
  { id, bytes, at, body }: Match & { readonly body: Uint8Array },
): Promise<ItemOutcome> {
  const [outcome] = await inCalls(redis, editElement, {
    keys: [place.key],
    head: [place.type, reach],
    items: [{ id }],
    args: () => [...at, Buffer.from(bytes), Buffer.from(body)],
    outcome: (_, code) => outcomeOf(id, code),
  })
  return outcome!
}

interface Calls<Item> {
  readonly keys: readonly string[]
  readonly head: readonly ScriptArg[]
  readonly items: readonly Item[]
  readonly args: (item: Item) => readonly ScriptArg[]
  readonly outcome: (item: Item, code: unknown) => ItemOutcome
}

/** So that a call ends within about a millisecond. */
const itemsPerCall = 100
const bytesPerCall = 1024 * 1024

/** Items in calls of a bounded size, one after the other; what the server refused was not done, what it did not answer may have been. */
async function inCalls<Item extends { readonly id: string }>(
  redis: RedisClient,
  script: Script,
  { keys, head, items, args, outcome }: Calls<Item>,
): Promise<readonly ItemOutcome[]> {
  const outcomes: ItemOutcome[] = []
  let some: { readonly item: Item; readonly args: readonly ScriptArg[] }[] = []
  let bytes = 0
  const send = async () => {
    const called = some
    some = []
    bytes = 0
    if (called.length === 0) return
    try {
      const codes = await runScript(redis, script, keys, [...head, ...called.flatMap((each) => each.args)])
      outcomes.push(...called.map(({ item }, index) => outcome(item, listOf(codes)[index])))
    } catch (error) {
      const reason = failureOf(named(error)).words
      const isKnown = isRefusal(error) || wasNeverSent(error)
      for (const { item } of called) outcomes.push({ id: item.id, outcome: isKnown ? 'failed' : 'unknown', reason })
    }
  }
  for (const item of items) {
    const own = args(item)
    some.push({ item, args: own })
    for (const arg of own) bytes += typeof arg === 'number' ? 8 : arg.length
    if (some.length === itemsPerCall || bytes >= bytesPerCall) await send()
  }
  await send()
  return outcomes
}

function outcomeOf(id: string, code: unknown): ItemOutcome {
  switch (code) {
    case 1:
      return { id, outcome: 'applied' }
    case 0:
      return { id, outcome: 'gone' }
    case -1:
      return { id, outcome: 'changed', reason: 'the same bytes stand there again' }
    case -2:
      return { id, outcome: 'failed', reason: 'a consumer holds it' }
    default:
      return { id, outcome: 'failed', reason: `the server answered ${String(code)}` }
  }
}

/** A script tells what it ran into in the middle of a longer text. */
function named(error: unknown): unknown {
  if (!isRefusal(error)) return error
  const found = /\b(WRONGTYPE|NOPERM|OOM|READONLY|MISCONF|CROSSSLOT) .*/.exec(error.message)
  return found ? Object.assign(new Error(found[0]), { name: 'ReplyError' }) : error
}

const sentinel = (): string => `queuescope ${crypto.randomUUID()}`
