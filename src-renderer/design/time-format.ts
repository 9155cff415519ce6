import { unknown } from './number-format'

/** A length of time in the two units that matter: 0.4 s, 41 s, 6m 2s, 3h 20m, 2d 4h. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return unknown
  if (ms < 0) return `−${duration(-ms)}`
  if (ms === 0) return '0 s'
  if (ms < 1) return `${ms.toFixed(2)} ms`
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 100) return `${Math.round(ms)} ms`
  if (ms < 9_950) return `${(ms / 1000).toFixed(1).replace(/\.0$/, '')} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return two(Math.floor(seconds / 60), 'm', seconds % 60, 's')
  const minutes = Math.round(seconds / 60)
  if (minutes < 1440) return two(Math.floor(minutes / 60), 'h', minutes % 60, 'm')
  const hours = Math.round(minutes / 60)
  return two(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

const two = (large: number, largeUnit: string, small: number, smallUnit: string) =>
  small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit} ${small}${smallUnit}`

/** "12 s ago", "in 3m 20s"; what is under a second is now. */
export function relative(at: number | null | undefined, now: number): string {
  if (at === null || at === undefined) return unknown
  const past = now - at
  if (Math.abs(past) < 1000) return 'now'
  const whole = Math.abs(past) < 60_000 ? Math.round(Math.abs(past) / 1000) * 1000 : Math.abs(past)
  const length = whole < 60_000 ? `${whole / 1000} s` : duration(whole)
  return past > 0 ? `${length} ago` : `in ${length}`
}

/** 14:02:07 today, Mon 14:02 within a week, 22 Nov 14:02 within the year, 22 Nov 2025 before. In this machine's time zone. */
export function clock(at: number | null | undefined, now: number): string {
  if (at === null || at === undefined) return unknown
  const date = new Date(at)
  const today = new Date(now)
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}`
  if (date.toDateString() === today.toDateString()) return `${time}:${pad(date.getSeconds())}`
  if (Math.abs(now - at) < 6 * 86_400_000) return `${days[date.getDay()]} ${time}`
  const day = `${date.getDate()} ${months[date.getMonth()]}`
  return date.getFullYear() === today.getFullYear() ? `${day} ${time}` : `${day} ${date.getFullYear()}`
}

/** The whole truth, for a tooltip and for the clipboard. */
export const iso = (at: number | null | undefined): string =>
  at === null || at === undefined || !Number.isFinite(at) ? unknown : new Date(at).toISOString()

const pad = (value: number) => String(value).padStart(2, '0')
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
