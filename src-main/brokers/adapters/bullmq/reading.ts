import type { QueueAddress } from '@shared/model/queue'
import { Cluster } from 'ioredis'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { runReadOnlyScript, script } from '../../clients/script'
import { type Reading, unreadable } from '../../reader'
import { type Answer, askAll, type Command, failureOf, isRefusal, listOf, numberOf, textOf } from './asking'
import { baseOf, keysOf } from './keys'

/** How a connection's figures are read: found out at the first question and remembered. */
export interface ReadingMode {
  scripts: boolean
}

export const readingModeOf = (redis: RedisClient): ReadingMode => ({ scripts: !(redis instanceof Cluster) })

/** 100 queues keep one call of the server at about a third of a millisecond. */
const chunkSize = 100

/** Numbers that the script answers per queue, in the order of `Figures`. */
const width = 9

/**
 * KEYS: none (a read-only script may read what its ARGV name). ARGV: one base per queue, like "bull:orders:".
 * Answers `width` integers per queue: ready, active, delayed, waiting-children, failed, completed, the id counter,
 * paused (0 or 1), the age in ms of the oldest waiting job (-1: none or unknown). ready = -1 marks a queue that could
 * not be read; the caller then asks for it command by command, to learn which key it was.
 */
const readQueues = script(`
local call, time = redis.call, redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local out, n = {}, 0
local function age(base, id, oldest)
  local created = tonumber(call('HGET', base .. id, 'timestamp') or '')
  if created and now - created > oldest then return now - created end
  return oldest
end
local function read(base)
  local wait, paused = call('LLEN', base .. 'wait'), call('LLEN', base .. 'paused')
  local prioritized = call('ZCARD', base .. 'prioritized')
  local oldest = -1
  if wait > 0 then
    local id = call('LINDEX', base .. 'wait', -1)
    if id and string.sub(id, 1, 2) == '0:' then
      wait = wait - 1
      id = call('LINDEX', base .. 'wait', -2)
    end
    if id then oldest = age(base, id, oldest) end
  end
  if paused > 0 then oldest = age(base, call('LINDEX', base .. 'paused', -1), oldest) end
  if prioritized > 0 then oldest = age(base, call('ZRANGE', base .. 'prioritized', 0, 0)[1], oldest) end
  out[n + 1] = wait + paused + prioritized
  out[n + 2] = call('LLEN', base .. 'active')
  out[n + 3] = call('ZCARD', base .. 'delayed')
  out[n + 4] = call('ZCARD', base .. 'waiting-children')
  out[n + 5] = call('ZCARD', base .. 'failed')
  out[n + 6] = call('ZCARD', base .. 'completed')
  out[n + 7] = tonumber(call('GET', base .. 'id') or '0') or 0
  out[n + 8] = call('HEXISTS', base .. 'meta', 'paused')
  out[n + 9] = oldest
end
for i = 1, #ARGV do
  if not pcall(read, ARGV[i]) then
    out[n + 1] = -1
    for k = 2, ${width} do out[n + k] = 0 end
  end
  n = n + ${width}
end
return out
`)

interface Figures {
  readonly ready: number
  readonly active: number
  readonly delayed: number
  readonly waitingChildren: number
  readonly failed: number
  readonly completed: number
  readonly idCounter: number
  readonly paused: boolean
  readonly oldestReadyMs: number | null
}

/**
 * Jobs that wait for their children are counted neither as ready nor as delayed: no worker can take them, no time
 * makes them due, and the children they wait for are counted where they stand. They count as alive for `ackedTotal`.
 *
 * `ackedTotal` is an approximation: ids given out minus jobs that live. Rejected duplicates and jobs removed by hand
 * count as finished; a job put back by undo takes one off again.
 */
function readingOf(figures: Figures): Reading {
  const { ready, active, delayed, waitingChildren, failed, completed, idCounter, paused, oldestReadyMs } = figures
  const alive = ready + active + delayed + waitingChildren + failed
  return {
    ready,
    leased: active,
    delayed,
    dead: failed,
    done: completed,
    oldestReadyMs,
    paused,
    enqueuedTotal: idCounter,
    ackedTotal: Math.max(0, idCounter - alive),
    waitBuckets: null,
    trouble: null,
  }
}

export async function readAll(
  redis: RedisClient,
  { mode, queues, clock }: { mode: ReadingMode; queues: readonly QueueAddress[]; clock: Clock },
): Promise<readonly Reading[]> {
  const chunks: QueueAddress[][] = []
  for (let at = 0; at < queues.length; at += chunkSize) chunks.push(queues.slice(at, at + chunkSize))
  const readings = await Promise.all(
    chunks.map((chunk) =>
      mode.scripts ? readByScript(redis, { mode, chunk, clock }) : readPlain(redis, chunk, clock),
    ),
  )
  return readings.flat()
}

async function readByScript(
  redis: RedisClient,
  { mode, chunk, clock }: { mode: ReadingMode; chunk: readonly QueueAddress[]; clock: Clock },
): Promise<readonly Reading[]> {
  let numbers: readonly unknown[]
  try {
    numbers = listOf(await runReadOnlyScript(redis, readQueues, [], chunk.map(baseOf)))
  } catch (error) {
    if (!isRefusal(error)) throw failureOf(error, 'the queues')
    if (!scriptsAreNotFor(error)) throw failureOf(error, 'the queues', 'EVALSHA_RO')
    mode.scripts = false
    return readPlain(redis, chunk, clock)
  }
  const refused = chunk.filter((_, index) => numbers[index * width] === -1)
  const explained = new Map(
    refused.length === 0
      ? []
      : (await readPlain(redis, refused, clock)).map((reading, index) => [refused[index], reading]),
  )
  return chunk.map((queue, index) => explained.get(queue) ?? readingOf(figuresAt(numbers, index * width)))
}

/** Denied by an ACL, or a server before 7.0 (or a stand-in) that has no read-only scripts. */
const scriptsAreNotFor = (error: Error) => /^(NOPERM|ERR unknown command|ERR .*script)/i.test(error.message)

function figuresAt(numbers: readonly unknown[], at: number): Figures {
  const figure = (offset: number) => numbers[at + offset] as number
  const oldest = figure(8)
  return {
    ready: figure(0),
    active: figure(1),
    delayed: figure(2),
    waitingChildren: figure(3),
    failed: figure(4),
    completed: figure(5),
    idCounter: figure(6),
    paused: figure(7) === 1,
    oldestReadyMs: oldest < 0 ? null : oldest,
  }
}

/** The same figures by plain commands, for connections without scripts. */
async function readPlain(
  redis: RedisClient,
  queues: readonly QueueAddress[],
  clock: Clock,
): Promise<readonly Reading[]> {
  const [time, answers] = await Promise.all([brokerTime(redis, clock), askPerQueue(redis, queues.map(figureCommands))])
  const heads = queues.map((queue, index) => headsOf(baseOf(queue), answers[index]!))
  const created = await askPerQueue(redis, heads)
  return await Promise.all(
    answers.map(async (own, index) => {
      const refused = [...own, ...created[index]!].find((answer) => !answer.ok)
      if (refused && !refused.ok) return unreadable(await explain(redis, refused))
      return readingOf(figuresOf({ own, created: created[index]!, now: time }))
    }),
  )
}

function figureCommands(queue: QueueAddress): readonly Command[] {
  const keys = keysOf(queue)
  return [
    ['LLEN', keys.wait],
    ['LLEN', keys.paused],
    ['ZCARD', keys.prioritized],
    ['LLEN', keys.active],
    ['ZCARD', keys.delayed],
    ['ZCARD', keys.waitingChildren],
    ['ZCARD', keys.failed],
    ['ZCARD', keys.completed],
    ['GET', keys.id],
    ['HEXISTS', keys.meta, 'paused'],
    ['LRANGE', keys.wait, -2, -1],
    ['LINDEX', keys.paused, -1],
    ['ZRANGE', keys.prioritized, 0, 0],
  ]
}

/** Major 4 and older kept a marker "0:..." at the end of `wait`. */
const isMarker = (id: string | null | undefined): boolean => id?.startsWith('0:') ?? false

function headsOf(base: string, own: readonly Answer[]): readonly Command[] {
  const value = (index: number) => {
    const answer = own[index]
    return answer?.ok ? answer.value : null
  }
  const waiting = listOf(value(10)).map(textOf)
  const next = isMarker(waiting.at(-1)) ? waiting.at(-2) : waiting.at(-1)
  return [next, textOf(value(11)), textOf(listOf(value(12))[0])].flatMap((id) =>
    id === null || id === undefined || isMarker(id) ? [] : [['HGET', `${base}${id}`, 'timestamp'] as const],
  )
}

function figuresOf({
  own,
  created,
  now,
}: {
  own: readonly Answer[]
  created: readonly Answer[]
  now: number
}): Figures {
  const figure = (index: number) => {
    const answer = own[index]
    return (answer?.ok ? numberOf(answer.value) : null) ?? 0
  }
  const waitTail = own[10]?.ok ? textOf(listOf(own[10].value).at(-1)) : null
  const ages = created.flatMap((answer) => {
    const at = answer.ok ? numberOf(answer.value) : null
    return at === null ? [] : [Math.max(0, now - at)]
  })
  return {
    ready: figure(0) - (isMarker(waitTail) ? 1 : 0) + figure(1) + figure(2),
    active: figure(3),
    delayed: figure(4),
    waitingChildren: figure(5),
    failed: figure(6),
    completed: figure(7),
    idCounter: figure(8),
    paused: figure(9) === 1,
    oldestReadyMs: ages.length === 0 ? null : Math.max(...ages),
  }
}

/** One pipeline for all of them; on a cluster one per queue, since queues stand in different slots. */
async function askPerQueue(
  redis: RedisClient,
  questions: readonly (readonly Command[])[],
): Promise<readonly (readonly Answer[])[]> {
  if (redis instanceof Cluster) return await Promise.all(questions.map((question) => askAll(redis, question)))
  const answers = await askAll(redis, questions.flat())
  let at = 0
  return questions.map((question) => {
    at += question.length
    return answers.slice(at - question.length, at)
  })
}

/** TIME stands in no ACL category of reads; where it is denied this machine's clock must do, as it does for producers. */
async function brokerTime(redis: RedisClient, clock: Clock): Promise<number> {
  if (redis instanceof Cluster) return clock.now()
  const [answer] = await askAll(redis, [['TIME']])
  const [seconds, micros] = answer?.ok ? listOf(answer.value).map(numberOf) : []
  return typeof seconds === 'number' ? seconds * 1000 + Math.floor((micros ?? 0) / 1000) : clock.now()
}

const expectedTypes: Readonly<Record<string, string>> = {
  LLEN: 'list',
  LRANGE: 'list',
  LINDEX: 'list',
  ZCARD: 'sorted set',
  ZRANGE: 'sorted set',
  GET: 'string',
  HGET: 'hash',
  HEXISTS: 'hash',
}

async function explain(
  redis: RedisClient,
  { refusal, command }: { readonly refusal: Error; readonly command: Command },
): Promise<string> {
  const [name, key] = [command[0], String(command[1])]
  if (!refusal.message.startsWith('WRONGTYPE')) return failureOf(refusal, key, name).message
  const [type] = await askAll(redis, [['TYPE', key]])
  const actual = type?.ok ? textOf(type.value) : null
  const found = actual === 'zset' ? 'sorted set' : (actual ?? 'value of another type')
  return `${key} holds a ${found} where BullMQ keeps a ${expectedTypes[name] ?? 'different type'}`
}
