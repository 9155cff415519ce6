import { randomUUID } from 'node:crypto'
import { Failure } from '@shared/failure'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import { runScript, type ScriptArg } from '../../clients/script'
import type { Outgoing } from '../../remedies'
import { defaultJobName, jobOptions } from '../job-options'
import { notJson } from '../json-body'
import { textOf } from '../redis-asking'
import { allSent } from '../sent-so-far'
import { baseOf } from './keys'
import { addKeys, library } from './library'

/** Adds jobs by Bull's own script with the bodies' bytes as they are. All are checked before the first is added. */
export async function sendJobs(
  redis: RedisClient,
  {
    queue,
    messages,
    now,
  }: { readonly queue: QueueAddress; readonly messages: readonly Outgoing[]; readonly now: number },
): Promise<readonly string[]> {
  const calls = messages.map((message) => argsOf(queue, message, now))
  const { add } = await library()
  const one = async (args: readonly ScriptArg[]) => {
    const id = textOf(await runScript(redis, add, addKeys(queue), args))
    if (id === null) throw new Error('Bull gave the job no id')
    return id
  }
  // The first goes alone: it makes the server know the script, and the others keep their order.
  const first = await Promise.allSettled(calls.slice(0, 1).map(one))
  return allSent(queue.name, [...first, ...(await Promise.allSettled(calls.slice(1).map(one)))])
}

/** Pure: the arguments of Bull's addJob. */
function argsOf(queue: QueueAddress, message: Outgoing, now: number): readonly ScriptArg[] {
  const invalid = notJson(message.body, 'Bull')
  if (invalid) throw new Failure({ code: 'bad-input', message: invalid })
  const chosen = jobOptions(message.attributes)
  const delay = Math.max(0, message.delayMs)
  const priority = Math.max(0, message.priority ?? 0)
  const options = {
    attempts: 1,
    ...chosen,
    delay,
    timestamp: now,
    ...(priority > 0 ? { priority } : {}),
  }
  return [
    baseOf(queue),
    String(chosen.jobId ?? ''),
    message.name ?? defaultJobName,
    Buffer.from(message.body),
    messagePackText(JSON.stringify(options)),
    now,
    delay,
    delay > 0 ? now + delay : 0,
    priority,
    chosen.lifo === true ? 'RPUSH' : 'LPUSH',
    randomUUID(),
    '',
    '',
    '',
  ]
}

/** The script unpacks options from MessagePack: one string of up to 4 GB there. */
function messagePackText(text: string): Buffer {
  const bytes = Buffer.from(text)
  const head = Buffer.alloc(5)
  head.writeUInt8(0xdb)
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}
