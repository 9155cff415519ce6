import { numberOf } from './redis-asking'

/** What the name of a repeatable job tells, as Bull and older versions of BullMQ write it. */
export interface RepeatParts {
  readonly name: string
  readonly id: string | null
  readonly endsAt: number | null
  readonly timeZone: string | null
  readonly cron: string | null
  readonly everyMs: number | null
}

/** Pure: `NAME:ID:END:TZ:CRON` or `NAME:ID:END:EVERY`; a name may hold colons, so it is read from the end. */
export function repeatPartsOf(key: string): RepeatParts | null {
  const parts = key.split(':')
  const last = parts.at(-1) ?? ''
  const isEvery = /^\d+$/.test(last)
  const tail = isEvery ? 3 : 4
  if (parts.length <= tail) return null
  const [id = '', end = '', zone = ''] = parts.slice(-tail)
  return {
    name: parts.slice(0, -tail).join(':'),
    id: id || null,
    endsAt: numberOf(end),
    timeZone: isEvery ? null : zone || null,
    cron: isEvery ? null : last,
    everyMs: isEvery ? Number(last) : null,
  }
}
