import type { QueueSchedule } from '@shared/model/schedule'
import { count } from '../../design/number-format'
import { duration } from '../../design/time-format'

/** When a schedule ticks, in words; null where the cron text has to speak for itself. */
export function whenWords({ cron, everyMs }: Pick<QueueSchedule, 'cron' | 'everyMs'>): string | null {
  if (everyMs !== null) return everyWords(everyMs)
  return cron === null ? null : cronWords(cron)
}

export const missedWords: Readonly<Record<NonNullable<QueueSchedule['catchUp']>, string>> = {
  none: 'skipped',
  one: 'one for all',
  all: 'each enqueued',
}

/** A tick that is so late is late because nobody runs the scheduler. */
export const overdueMs = 30_000

const optionNames: Readonly<Record<string, string>> = { delayMs: 'delay', maxAttempts: 'attempts' }

/** "group eu · priority 2 · delay 5 s". */
export const optionWords = (options: QueueSchedule['options']): string =>
  options
    .map(({ name, value }) => `${optionNames[name] ?? name} ${name === 'delayMs' ? duration(Number(value)) : value}`)
    .join(' · ')

function everyWords(ms: number): string {
  for (const [unit, unitMs] of units) {
    if (ms % unitMs !== 0) continue
    return ms === unitMs ? `Every ${unit}` : `Every ${count(ms / unitMs)} ${unit}s`
  }
  return `Every ${duration(ms)}`
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const

const aliases: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/** The patterns that people write; whatever else is right too has no words here. */
export function cronWords(cron: string): string | null {
  const fields = (aliases[cron.trim().toLowerCase()] ?? cron).trim().split(/\s+/)
  if (fields.length === 6) {
    const [second, ...rest] = fields
    const step = stepOf(second!)
    if (rest.every(isAny)) return step === null ? null : stepWords(step, 'second')
    return second === '0' ? cronWords(rest.join(' ')) : null
  }
  if (fields.length !== 5) return null
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string]
  const everyDay = isAny(day) && isAny(month) && isAny(weekday)
  const minuteStep = stepOf(minute)
  if (minuteStep !== null) return everyDay && isAny(hour) ? stepWords(minuteStep, 'minute') : null
  const at = numberIn(minute, 59)
  if (at === null) return null
  const hourStep = stepOf(hour)
  if (hourStep !== null) return everyDay ? `${stepWords(hourStep, 'hour')} at :${two(at)}` : null
  const hours = hour.split(',').map((each) => numberIn(each, 23))
  if (hours.some((each) => each === null)) return null
  const days = dayWords({ day, month, weekday })
  return days === null ? null : `${days} at ${listed(hours.map((each) => `${two(each!)}:${two(at)}`))}`
}

function dayWords({
  day,
  month,
  weekday,
}: {
  readonly day: string
  readonly month: string
  readonly weekday: string
}): string | null {
  if (isAny(day) && isAny(month)) return isAny(weekday) ? 'Every day' : weekdayWords(weekday)
  const ofMonth = numberIn(day, 31)
  if (!isAny(weekday) || ofMonth === null || ofMonth === 0) return null
  if (isAny(month)) return `Day ${ofMonth} of every month`
  const ofYear = months[(numberIn(month, 12) ?? 0) - 1]
  return ofYear === undefined ? null : `${ofMonth} ${ofYear} of every year`
}

function weekdayWords(field: string): string | null {
  const range = /^([^,-]+)-([^,-]+)$/.exec(field)
  if (range) {
    const [from, to] = [weekdayOf(range[1]!), weekdayOf(range[2]!)]
    return from && to ? `${from} to ${to}` : null
  }
  const named = field.split(',').map(weekdayOf)
  if (named.some((each) => each === undefined)) return null
  return named.length === 1 ? `Every ${named[0]}` : listed(named as string[])
}

function weekdayOf(field: string): string | undefined {
  const index = numberIn(field, 7)
  if (index !== null) return weekdays[index % 7]
  return /^[a-z]{3}$/i.test(field)
    ? weekdays.find((name) => name.toLowerCase().startsWith(field.toLowerCase()))
    : undefined
}

const stepWords = (step: number, unit: string) => (step === 1 ? `Every ${unit}` : `Every ${step} ${unit}s`)
const isAny = (field: string) => field === '*' || field === '?'
const two = (value: number) => String(value).padStart(2, '0')
const listed = (parts: readonly string[]) =>
  parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`

/** A star steps by 1, a star with a step by that; null for anything else. */
function stepOf(field: string): number | null {
  if (isAny(field)) return 1
  const step = /^\*\/([1-9]\d?)$/.exec(field)?.[1]
  return step === undefined ? null : Number(step)
}

function numberIn(field: string, highest: number): number | null {
  return /^\d{1,2}$/.test(field) && Number(field) <= highest ? Number(field) : null
}

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
