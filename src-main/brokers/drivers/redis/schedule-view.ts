import { catchUps, type QueueSchedule } from '@shared/model/schedule'
import type { StoredSchedule } from '../../driver'

const previewed = 120

/**
 * A stored schedule, for looking at. Its definition is the engine's JSON, which another version may write otherwise:
 * whatever is not as expected is left out, and the schedule is shown with what could be read.
 */
export function scheduleOf({ key, nextAt, definition }: StoredSchedule): QueueSchedule {
  const whole = recordOf(parsed(definition))
  const given = recordOf(whole?.given)
  const timing = recordOf(whole?.timing)
  const cron = textOf(given?.cron)
  return {
    key,
    nextAt,
    cron,
    everyMs: numberOf(given?.everyMs),
    // The engine reads cron without a zone as UTC.
    timeZone: textOf(given?.timeZone) ?? (cron === null ? null : 'UTC'),
    catchUp: given ? (catchUps.find((each) => each === given.catchUp) ?? 'one') : null,
    endsAt: numberOf(timing?.endAt) ?? numberOf(given?.until),
    preview: given && 'data' in given ? cut(JSON.stringify(given.data)) : '',
    options: optionsOf(recordOf(given?.options)),
  }
}

function optionsOf(options: Readonly<Record<string, unknown>> | undefined): QueueSchedule['options'] {
  const facts: readonly (readonly [string, string | number | null])[] = [
    ['group', textOf(options?.group)],
    ['priority', numberOf(options?.priority)],
    ['delayMs', numberOf(options?.delayMs)],
    ['maxAttempts', numberOf(options?.maxAttempts)],
  ]
  return facts.flatMap(([name, value]) => (value === null ? [] : [{ name, value: String(value) }]))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
const numberOf = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null)
const cut = (text: string): string => text.slice(0, previewed).replace(/[\uD800-\uDBFF]$/, '')
