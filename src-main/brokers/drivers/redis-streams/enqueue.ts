import { Failure } from '@shared/failure'
import { asked, refusedTransaction } from '../../clients/asked'
import type { ScriptArg } from '../../clients/script'
import type { EnqueueOutcome, NewMessage } from '../../driver-messages'
import type { Asking } from './asking'
import { fieldsOf } from './entry'
import { askedQueue, dedupKey } from './keys'
import { refusalOf } from './refusal'
import * as scripts from './scripts/enqueue'

const mostPerCall = 1_000
/** One piece takes less than about a millisecond of the server's time. */
const perTransaction = 500
const perScript = 150

/** Two ways in: plain XADDs in one transaction, and a script for what is delayed or looked up first. */
export async function enqueueMessages(
  asking: Asking,
  queue: string,
  messages: readonly NewMessage[],
  bodyField: string,
): Promise<readonly EnqueueOutcome[]> {
  if (messages.length > mostPerCall)
    throw new Failure({
      code: 'bad-input',
      message: `${queue} takes at most ${mostPerCall} messages a call, not ${messages.length}.`,
      subject: queue,
    })
  const outcomes: (EnqueueOutcome | undefined)[] = messages.map((message) => {
    const failure = refusalOf(queue, message)
    return failure && { outcome: 'failed', failure }
  })
  const sound = messages.filter((_, index) => outcomes[index] === undefined)
  if (sound.length === 0) return outcomes.filter((outcome) => outcome !== undefined)
  const isPlain = sound.every(({ delayMs = 0, dueAt = 0, dedup }) => delayMs === 0 && dueAt === 0 && !dedup)
  const size = isPlain ? perTransaction : perScript
  const answers: EnqueueOutcome[] = []
  for (let at = 0; at < sound.length; at += size) {
    const piece = sound.slice(at, at + size)
    answers.push(
      ...(isPlain
        ? await addPlain(asking, queue, piece, bodyField)
        : outcomesOf(await addByScript(asking, queue, piece, bodyField))),
    )
  }
  let next = 0
  return outcomes.map((outcome) => outcome ?? answers[next++]!)
}

/** Bodies go by reference here; Lua would copy them. */
async function addPlain(
  asking: Asking,
  queue: string,
  messages: readonly NewMessage[],
  bodyField: string,
): Promise<readonly EnqueueOutcome[]> {
  const keys = asking.keysOf(queue)
  const add = async (): Promise<readonly EnqueueOutcome[]> => {
    const write = asking.redis.multi()
    for (const message of messages) write.xadd(keys.of.stream, '*', ...fieldsOf(message, bodyField))
    const replies = (await write.exec().catch(refusedTransaction)) ?? []
    const failed = replies.find(([error]) => error)?.[0]
    if (failed) throw failed
    return replies.map(([, id]) => ({ outcome: 'added', id: String(id) }))
  }
  return asked(asking.redis, askedQueue(keys), 'enqueue', add)
}

const addByScript = (asking: Asking, queue: string, messages: readonly NewMessage[], bodyField: string) => {
  const { args, dedupKeys } = messageArgs(asking, queue, messages, bodyField)
  return asking.run(queue, 'enqueue', scripts.enqueue, [messages.length, ...args], dedupKeys)
}

/** Messages as readMessages takes them. */
export function messageArgs(
  asking: Asking,
  queue: string,
  messages: readonly NewMessage[],
  bodyField: string,
): { readonly args: readonly ScriptArg[]; readonly dedupKeys: readonly string[] } {
  const dedupKeys: string[] = []
  const args = messages.flatMap((message): ScriptArg[] => {
    const { dueAt, delayMs = 0, dedup } = message
    if (dedup) dedupKeys.push(dedupKey(asking.keysOf(queue), dedup.key))
    const fields = fieldsOf(message, bodyField)
    return [
      dueAt === undefined ? '' : Math.round(dueAt),
      Math.round(delayMs),
      dedup ? dedupKeys.length : 0,
      dedup ? Math.round(dedup.windowMs) : 0,
      fields.length,
      ...fields,
    ]
  })
  return { args, dedupKeys }
}

export const outcomesOf = (reply: unknown): readonly EnqueueOutcome[] =>
  (reply as Buffer[]).map((answer) => {
    const text = answer.toString('utf8')
    return { outcome: text.startsWith('+') ? 'added' : 'duplicate', id: text.slice(1) }
  })
