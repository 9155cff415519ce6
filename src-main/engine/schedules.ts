import { Failure } from '@shared/failure'
import type { Schedules as DriverSchedules, StoredSchedule } from '../brokers/driver'
import type { NewMessage } from '../brokers/driver-messages'
import { has, partOf } from './abilities'
import type { Enqueuer, Envelope } from './enqueuer'
import type { EnqueueOptions } from './identity'
import type { QueueContext } from './queue-context'
import { type CatchUp, nextTick, nthTick, type Tick, type Timing, tickOf } from './schedule-times'

export interface Schedule<Data = unknown> {
  /** Five fields, or six with seconds first, or @hourly and the like. Give this or everyMs. */
  readonly cron?: string
  /** Counted from startAt, or from 1970: all processes agree on its ticks. At least 1,000. */
  readonly everyMs?: number
  /** IANA name, like "Europe/Vienna"; default UTC. */
  readonly timeZone?: string
  /** A JSON value. */
  readonly data: Data
  readonly options?: ScheduledOptions
  /** Ticks that passed while no scheduler ran: skip them (those older than a minute), enqueue one for all (default), or every one, at most 1,000. */
  readonly catchUp?: CatchUp
  readonly startAt?: Date | number
  /** No tick after it. */
  readonly until?: Date | number
  /** So many ticks, skipped ones included; at most 100,000. */
  readonly limit?: number
}

export type ScheduledOptions = Pick<
  EnqueueOptions,
  'priority' | 'group' | 'maxAttempts' | 'traceId' | 'source' | 'attributes' | 'delayMs'
>

export interface ScheduleView<Data = unknown> extends Schedule<Data> {
  readonly key: string
  /** By the broker's clock. */
  readonly nextAt: number
}

/** What is stored: what was given, and what follows from it. */
interface Definition {
  readonly given: Schedule
  readonly timing: Timing
}

const mostTicks = 100_000

/** What a queue enqueues by itself: every tick once, however many processes run its scheduler. */
export class Schedules<Data = unknown> {
  /** @internal */
  constructor(
    private readonly context: QueueContext,
    private readonly enqueuer: Enqueuer,
  ) {}

  /** Stored under `key`. The same schedule once more changes nothing, so that every start of a service may put it. */
  async put(key: string, schedule: Schedule<Data>): Promise<ScheduleView<Data>> {
    const { name } = this.context
    const stored = this.stored('run schedules')
    this.context.mayWrite()
    if (typeof key !== 'string' || key === '' || Buffer.byteLength(key) > 512)
      throw this.refused('a schedule has a key of 1 to 512 bytes.')
    const { now } = await stored.due(name, 1)
    const given = normal(schedule)
    const known = (await stored.list(name)).find((each) => each.key === key)
    const same = known && parsed(known)
    this.context.tend()
    if (known && same && JSON.stringify(same.given) === JSON.stringify(given)) return viewOf<Data>(known, same)
    const timing = this.timingOf(given, now)
    // What could not be enqueued at a tick is refused now.
    await messageOf(this.context, this.enqueuer, { given, timing }, key, now)
    const nextAt = nextTick(timing, now)
    if (nextAt === null) throw this.refused('this schedule has no tick to come.')
    const definition: Definition = { given, timing }
    const entry: StoredSchedule = { key, nextAt, definition: JSON.stringify(definition) }
    await stored.put(name, entry)
    this.context.scheduleChanged()
    return viewOf<Data>(entry, definition)
  }

  async list(): Promise<readonly ScheduleView<Data>[]> {
    const entries = await this.stored('run schedules').list(this.context.name)
    return entries.flatMap((entry) => {
      const definition = parsed(entry)
      return definition ? [viewOf<Data>(entry, definition)] : []
    })
  }

  /** false: there was none. */
  async remove(key: string): Promise<boolean> {
    this.context.mayWrite()
    return this.stored('run schedules').remove(this.context.name, key)
  }

  private stored(act: string): DriverSchedules {
    const { driver, name } = this.context
    return partOf(driver, driver.schedules, { ability: 'schedules', queue: name, act })
  }

  private timingOf(given: Schedule, now: number): Timing {
    const { cron, everyMs, timeZone, startAt, until, limit } = given
    if ((cron === undefined) === (everyMs === undefined)) throw this.refused('a schedule has either cron or everyMs.')
    if (everyMs !== undefined && !(Number.isInteger(everyMs) && everyMs >= 1_000))
      throw this.refused(`everyMs is a whole number of at least 1,000, not ${everyMs}.`)
    if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= mostTicks))
      throw this.refused(`a limit is 1 to ${mostTicks}, not ${limit}.`)
    const timing: Timing = {
      cron,
      everyMs,
      timeZone,
      startAt: startAt === undefined ? undefined : Number(startAt),
      endAt: until === undefined ? undefined : Number(until),
    }
    try {
      const endAt = limit === undefined ? undefined : nthTick(timing, now, limit)
      nextTick(timing, now)
      return endAt === undefined || endAt === null ? timing : { ...timing, endAt }
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw this.refused(`this schedule cannot be read: ${why}`, cause)
    }
  }

  private refused(rule: string, cause?: unknown): Failure {
    const { name } = this.context
    return new Failure({ code: 'bad-input', message: `Queue ${name}: ${rule}`, subject: name }, { cause })
  }
}

/** What a schedule does at `now`, made into messages. Throws where its definition cannot be read. */
export async function ticked(
  context: QueueContext,
  enqueuer: Enqueuer,
  entry: StoredSchedule,
  now: number,
): Promise<{ readonly nextAt: number | null; readonly messages: readonly NewMessage[] }> {
  const definition = parsed(entry)
  if (!definition) throw new Error(`Queue ${context.name}: the schedule ${entry.key} cannot be read.`)
  const { times, nextAt }: Tick = tickOf(definition.timing, definition.given.catchUp ?? 'one', {
    nextAt: entry.nextAt,
    now,
  })
  const messages = await Promise.all(times.map((time) => messageOf(context, enqueuer, definition, entry.key, time)))
  return { nextAt, messages }
}

/** The message of one tick says by which schedule it came, and for when. */
function messageOf(
  { driver }: QueueContext,
  enqueuer: Enqueuer,
  { given }: Definition,
  key: string,
  time: number,
): Promise<NewMessage> {
  const { options = {}, data } = given
  const attributes = has(driver, 'attributes')
    ? { ...options.attributes, schedule: key, scheduledFor: new Date(time).toISOString() }
    : options.attributes
  const envelope: Envelope<unknown> = { ...options, attributes, data }
  return enqueuer.prepare(envelope)
}

/** As it comes back from JSON, with times as numbers. */
function normal(schedule: Schedule): Schedule {
  const { startAt, until } = schedule
  return JSON.parse(
    JSON.stringify({
      ...schedule,
      startAt: startAt === undefined ? undefined : Number(startAt),
      until: until === undefined ? undefined : Number(until),
    }),
  )
}

function parsed({ definition }: StoredSchedule): Definition | undefined {
  try {
    const value: unknown = JSON.parse(definition)
    return isDefinition(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isDefinition = (value: unknown): value is Definition =>
  typeof value === 'object' &&
  value !== null &&
  'given' in value &&
  typeof value.given === 'object' &&
  'timing' in value &&
  typeof value.timing === 'object'

const viewOf = <Data>({ key, nextAt }: StoredSchedule, { given }: Definition): ScheduleView<Data> => ({
  ...(given as Schedule<Data>),
  key,
  nextAt,
})
