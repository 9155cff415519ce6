/** What is shown where a figure is unknown. Never 0. */
export const unknown = '–'

/** U+2009, a thin space, between groups of three. */
const thin = '\u2009'

export function groupDigits(value: number, decimals = 0): string {
  const [whole = '', fraction] = Math.abs(value).toFixed(decimals).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, thin)
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text
}

export const count = (value: number | null | undefined): string =>
  value === null || value === undefined || !Number.isFinite(value) ? unknown : groupDigits(Math.round(value))

/** Three digits that matter: 0, 0.4, 41, 1 204. */
export function rate(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return unknown
  if (value === 0) return '0'
  return Math.abs(value) < 10 ? groupDigits(value, Math.abs(value) < 0.1 ? 2 : 1) : groupDigits(value)
}

/** Large counts for tight places: 999, 1.2 k, 48 k, 1.3 M. */
export function compact(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return unknown
  const size = Math.abs(value)
  if (size < 1000) return groupDigits(value, Number.isInteger(value) || size >= 100 ? 0 : 1)
  if (size < 999_500) return `${short(value / 1000)}${thin}k`
  if (size < 999_500_000) return `${short(value / 1e6)}${thin}M`
  return `${short(value / 1e9)}${thin}G`
}

const short = (value: number) => (Math.abs(value) < 9.95 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(0))

/** Bytes in the units of a disk: 1 kB is 1,000 B. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return unknown
  if (value < 1000) return `${groupDigits(value)} B`
  if (value < 999_950) return `${trim(value / 1e3)} kB`
  if (value < 999_950_000) return `${trim(value / 1e6)} MB`
  return `${trim(value / 1e9)} GB`
}

const trim = (value: number) => (value < 10 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(0))

export function share(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return unknown
  const percent = value * 100
  if (percent === 0) return '0 %'
  return percent < 1 ? `${percent.toFixed(percent < 0.1 ? 2 : 1)} %` : `${Math.round(percent)} %`
}

export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`
