import { Failure } from '@shared/failure'
import { type Attempt, attemptOf } from './attempt'
import { failureOf, type Lender } from './lender'
import type { Message } from './message'
import type { QueueContext } from './queue-context'

export interface ProcessOptions {
  /** When everything must be settled, from now: what a function or a cron job has left of its time. */
  readonly deadlineMs: number
  /** At most so many messages; default 100. */
  readonly count?: number
  /** Messages in handlers at a time; default 10. */
  readonly concurrency?: number
  /** Told in the history of a message whose lease runs out. */
  readonly worker?: string
  readonly onError?: (error: unknown, message: Message) => void
}

export interface BatchReport {
  readonly leased: number
  readonly acked: number
  /** To be tried again. */
  readonly failed: number
  readonly dead: number
  /** Not done in time: ready again for whoever comes next. */
  readonly givenBack: number
  /** Their lease was lost meanwhile: somebody else has them. */
  readonly lost: number
  /** Why it ended: nothing was ready, the count was reached, or the time was over. */
  readonly ended: 'empty' | 'count' | 'deadline'
  readonly tookMs: number
}

type Tally = { -readonly [Name in 'leased' | 'acked' | 'failed' | 'dead' | 'givenBack' | 'lost']: number }

/** A tenth of the time, at most this, is left for telling the broker what became of everything. */
const longestSettlingMs = 1_000

/** A lease outlives the deadline by this: a process that is frozen at the end loses its messages soon after. */
const leaseMarginMs = 5_000

/** Works a queue for a while, in a process that must end by a deadline. */
export async function processBatch(
  context: QueueContext,
  lender: Lender,
  handler: Attempt,
  options: ProcessOptions,
): Promise<BatchReport> {
  const { clock, name } = context
  const { deadlineMs, count = 100, concurrency = 10, worker = 'batch', onError } = options
  if (!(deadlineMs > 0 && count >= 1 && concurrency >= 1))
    throw new Failure({
      code: 'bad-input',
      message: `Queue ${name}: a batch needs a deadlineMs above 0, and a count and a concurrency of at least 1.`,
      subject: name,
    })
  const from = clock.elapsed()
  const attempt = attemptOf(context, handler)
  const tally: Tally = { leased: 0, acked: 0, failed: 0, dead: 0, givenBack: 0, lost: 0 }
  const timeOver = new Error('The time for this batch was over.')
  timeOver.name = 'DeadlineReached'
  let over = false
  let empty = false
  let tellOver = () => {}
  const cut = new Promise<typeof timeUp>((resolve) => {
    tellOver = () => resolve(timeUp)
  })
  const cancel = clock.after(deadlineMs - Math.min(deadlineMs / 10, longestSettlingMs), () => {
    over = true
    tellOver()
  })

  const settle = async (message: Message): Promise<void> => {
    const at = clock.elapsed()
    // Promise.race would leave a rejection of the loser unheard: both ends of an attempt become values.
    const ended = await Promise.race([outcomeOf(attempt, message), cut])
    const { meter } = context
    if (ended === timeUp) {
      message.abort(timeOver)
      count_(await lender.giveBack(message, timeOver), 'givenBack')
      return
    }
    meter?.runs.add(clock.elapsed() - at)
    if ('result' in ended) {
      if (count_(await message.ack(ended.result), 'acked') && meter) meter.acked++
      return
    }
    onError?.(ended.error, message)
    const isDead = failureOf(message, ended.error).retryInMs === undefined
    if (!count_(await message.nack(ended.error), isDead ? 'dead' : 'failed') || !meter) return
    meter.failed++
    if (isDead) meter.dead++
  }
  const count_ = (outcome: 'applied' | 'stale', what: keyof Tally): boolean => {
    tally[outcome === 'applied' ? what : 'lost']++
    return outcome === 'applied'
  }

  const line: Message[] = []
  let leasing: Promise<void> | undefined
  const leaseMore = async (): Promise<void> => {
    const room = Math.min(concurrency, count - tally.leased)
    if (room <= 0 || over) return
    const leaseMs = Math.ceil(deadlineMs - (clock.elapsed() - from) + leaseMarginMs)
    const messages = await lender.leaseUnchecked({ count: room, leaseMs, worker })
    if (messages.length === 0) empty = true
    tally.leased += messages.length
    line.push(...messages)
  }
  const lane = async (): Promise<void> => {
    for (;;) {
      while (line.length === 0) {
        if (empty || over || tally.leased >= count) return
        leasing ??= leaseMore().finally(() => {
          leasing = undefined
        })
        await leasing
      }
      const message = line.shift()
      if (message) await settle(message)
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, count) }, lane))
  } finally {
    cancel()
  }
  return {
    ...tally,
    ended: over ? 'deadline' : empty ? 'empty' : 'count',
    tookMs: clock.elapsed() - from,
  }
}

const timeUp = Symbol('time up')

async function outcomeOf(
  attempt: Attempt,
  message: Message,
): Promise<{ readonly result: unknown } | { readonly error: unknown }> {
  try {
    return { result: await attempt(message) }
  } catch (error) {
    return { error }
  }
}
