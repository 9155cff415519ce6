import { Failure } from '@shared/failure'
import type { ActReport } from '@shared/model/act'
import type { QueueAddress } from '@shared/model/queue'
import type { ActRequest } from '../acts'
import type { RedisClient } from '../clients/redis'
import { runScript } from '../clients/script'
import { readNumber, readText } from './act-fields'
import { transfer } from './element-mending'
import { askAll, failureOf, isRefusal, listOf, numberOf, textOf } from './redis-asking'
import { acknowledge, claimIdle, removeConsumer, trimBefore } from './stream-act-scripts'
import { parseStreamId } from './stream-ids'

/** Does one of them; every script reckons for itself whether it may. */
export async function actOnStream(
  redis: RedisClient,
  { queue, key }: { readonly queue: QueueAddress; readonly key: string },
  { id, values }: ActRequest,
): Promise<ActReport> {
  const run = (code: Parameters<typeof runScript>[1], args: readonly (string | number)[]) =>
    runScript(redis, code, [key], args).catch((error: unknown) => {
      throw actFailure(error, queue)
    })
  switch (id) {
    case 'claim': {
      const [group, consumer] = [readText(values, 'group'), readText(values, 'consumer')]
      const [idle, count] = [readNumber(values, 'minIdleMs', { least: 0 }), readNumber(values, 'count', bounds)]
      const answer = await run(claimIdle, [group, consumer, values.from ?? '', idle, count])
      const [claimed = 0, found = 0] = listOf(answer).map((each) => numberOf(each) ?? 0)
      const dropped = found - claimed
      const note = dropped > 0 ? ` ${dropped} had no body any more and stopped being pending.` : ''
      return {
        words: `${claimed} pending entries of ${group} were given to ${consumer}.${note}`,
        done: claimed,
        failed: dropped,
      }
    }
    case 'ack': {
      const group = readText(values, 'group')
      const ids = idsOf(values.ids ?? '')
      const rest =
        ids.length > 0
          ? ['ids', ...ids]
          : ['idle', readNumber(values, 'minIdleMs', { least: 0 }), readNumber(values, 'count', bounds)]
      const acked = numberOf(await run(acknowledge, [group, ...rest])) ?? 0
      const failed = ids.length > 0 ? ids.length - acked : 0
      return { words: `${acked} entries were acknowledged for ${group}.`, done: acked, failed }
    }
    case 'delete-consumer':
      return await deleteConsumer(run, values)
    case 'create-group': {
      const [group, start] = [readText(values, 'group'), readText(values, 'start')]
      if (start !== '$' && !parseStreamId(start)) throw badStart(start)
      const [answer] = await askAll(redis, [['XGROUP', 'CREATE', key, group, start]])
      if (answer && !answer.ok) throw actFailure(answer.refusal, queue)
      return { words: `The group ${group} begins at ${start}.`, done: null, failed: null }
    }
    case 'delete-entries': {
      const ids = idsOf(values.ids ?? '')
      if (ids.length === 0) throw new Failure({ code: 'bad-input', message: 'No id was given.', subject: 'ids' })
      const outcomes = await transfer(
        redis,
        { from: { key, type: 'stream' }, to: null, reach: 0 },
        ids.map((each) => ({ id: each, bytes: new Uint8Array(), at: [each, ''] as const, put: [] })),
      )
      const done = outcomes.filter(({ outcome }) => outcome === 'applied').length
      const held = outcomes.filter(({ outcome }) => outcome === 'failed').length
      const note = held > 0 ? ` ${held} are held by consumers and were left alone.` : ''
      return { words: `${done} entries were deleted.${note}`, done, failed: outcomes.length - done }
    }
    case 'trim':
      return await trim(run, readText(values, 'minId'))
    default:
      throw new Failure({ code: 'not-found', message: `A stream offers no ${id}.`, subject: id })
  }
}

type Run = (code: Parameters<typeof runScript>[1], args: readonly (string | number)[]) => Promise<unknown>

async function deleteConsumer(run: Run, values: Readonly<Record<string, string>>): Promise<ActReport> {
  const [group, consumer, heir] = [readText(values, 'group'), readText(values, 'consumer'), values.heir ?? '']
  for (let handed = 0; ; ) {
    const [code, count] = listOf(await run(removeConsumer, [group, consumer, heir])).map(numberOf)
    if (code === -2)
      throw new Failure({ code: 'gone', message: `${group} has no consumer ${consumer}.`, subject: 'consumer' })
    if (code === -1)
      throw new Failure({
        code: 'unsupported',
        message: `${consumer} holds ${count} pending entries, which Redis would forget with it.`,
        hint: 'Name another consumer that is to have them.',
        subject: 'heir',
      })
    handed += count ?? 0
    if (code !== 1) continue
    const note = handed > 0 ? ` ${handed} pending entries went to ${heir}.` : ''
    return { words: `${consumer} of ${group} is gone.${note}`, done: handed, failed: 0 }
  }
}

/** Entries that one call deletes: about a millisecond. */
const trimStep = 2_000

async function trim(run: Run, minId: string): Promise<ActReport> {
  if (!parseStreamId(minId)) throw new Failure({ code: 'bad-input', message: `${minId} is no id.`, subject: 'minId' })
  for (let done = 0; ; ) {
    const [code, went, safe] = listOf(await run(trimBefore, [minId, trimStep]))
    if (numberOf(code) === -2)
      throw new Failure({
        code: 'unsupported',
        message: 'Nobody reads this stream in groups: nothing tells what was read.',
      })
    if (numberOf(code) === -1)
      throw new Failure({
        code: 'unsupported',
        message: `Entries from ${textOf(safe)} on are not acknowledged by every group.`,
        hint: 'Keep them: name that id or an earlier one.',
        subject: 'minId',
      })
    done += numberOf(went) ?? 0
    if (numberOf(code) === 1) return { words: `${done} entries before ${minId} were deleted.`, done, failed: 0 }
  }
}

const bounds = { least: 1, most: 1_000 }

function idsOf(text: string): readonly string[] {
  const ids = text.split(/[\s,]+/).filter((id) => id !== '')
  const wrong = ids.find((id) => !parseStreamId(id))
  if (wrong !== undefined)
    throw new Failure({
      code: 'bad-input',
      message: `${wrong} is no entry's id.`,
      hint: 'Like 1718000000000-0.',
      subject: 'ids',
    })
  if (ids.length > 1_000)
    throw new Failure({ code: 'bad-input', message: 'At most 1,000 ids at once.', subject: 'ids' })
  return ids
}

const badStart = (start: string) =>
  new Failure({
    code: 'bad-input',
    message: `A group cannot begin at ${start}.`,
    hint: 'Give 0, $ or an id.',
    subject: 'start',
  })

function actFailure(error: unknown, queue: QueueAddress): Failure {
  const message = error instanceof Error ? error.message : ''
  if (message.includes('NOGROUP'))
    return new Failure({ code: 'gone', message: `${queue.name} has no such group any more.`, subject: 'group' })
  if (message.includes('BUSYGROUP'))
    return new Failure({
      code: 'conflict',
      message: `${queue.name} has a group of that name already.`,
      subject: 'group',
    })
  if (message.includes('requires the key to exist') || message.includes('no such key'))
    return new Failure({ code: 'gone', message: `${queue.name} is not there any more.`, subject: queue.name })
  return isRefusal(error) ? failureOf(Object.assign(new Error(message.replace(/^ERR /, '')), {})) : failureOf(error)
}
