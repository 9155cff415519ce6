const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const timeSteps = [
  5 * second, 10 * second, 30 * second,
  minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute,
  hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour,
  day, 2 * day, 7 * day,
] as const // biome-ignore format: one line per unit

/** Round times of this machine's zone between `from` and `to`, at most `most` of them. */
export function timeTicks(
  from: number,
  to: number,
  most: number,
): { readonly ticks: readonly number[]; readonly stepMs: number } {
  const stepMs = timeSteps.find((step) => (to - from) / step <= most) ?? 7 * day
  const zone = new Date(from).getTimezoneOffset() * minute
  const first = Math.ceil((from - zone) / stepMs) * stepMs + zone
  const ticks: number[] = []
  for (let at = first; at <= to; at += stepMs) ticks.push(at)
  return { ticks, stepMs }
}

export function timeLabel(at: number, stepMs: number): string {
  const date = new Date(at)
  const two = (value: number) => String(value).padStart(2, '0')
  if (stepMs >= day) return `${date.getDate()} ${months[date.getMonth()]}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`
  return stepMs < minute ? `${time}:${two(date.getSeconds())}` : time
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** From zero to a round number not below `top`, in two to four steps. Whole numbers only, where `whole`. */
export function valueTicks(top: number, whole: boolean): readonly number[] {
  if (!(top > 0)) return [0, 1]
  const rough = top / 3
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough
  const real = whole ? Math.max(1, Math.ceil(step)) : step
  const count = Math.max(1, Math.ceil(top / real - 1e-9))
  return Array.from({ length: count + 1 }, (_, index) => Number((index * real).toPrecision(12)))
}

const durationSteps = [1, 10, 100, second, 5 * second, 15 * second, 30 * second, ...timeSteps.slice(3)] as const

/** From zero to a round length of time not below `top`, in one to four steps. */
export function durationTicks(topMs: number): readonly number[] {
  if (!(topMs > 0)) return [0, second]
  const step = durationSteps.find((candidate) => topMs / candidate <= 4) ?? Math.ceil(topMs / 4 / day) * day
  return Array.from({ length: Math.max(1, Math.ceil(topMs / step)) + 1 }, (_, index) => index * step)
}

/** Lengths of time that a log axis names: powers of ten up to ten seconds, then minutes and hours. */
const logDurations = [
  0.01,
  0.1,
  1,
  10,
  100,
  second,
  10 * second,
  minute,
  10 * minute,
  hour,
  10 * hour,
  4 * day,
  40 * day,
]

/** Powers of ten, or round lengths of time, that hold the positive values between them; at most about five. */
export function logTicks(low: number, high: number, duration = false): readonly number[] {
  if (!(low > 0) || !(high > 0)) return duration ? [1, second] : [1, 10]
  if (duration) {
    const from = Math.max(
      0,
      logDurations.findLastIndex((tick) => tick <= low),
    )
    const to = logDurations.findIndex((tick, index) => index > from && tick >= high)
    const held = logDurations.slice(from, to < 0 ? undefined : to + 1)
    return held.length > 5 ? held.filter((_, index) => index % 2 === (held.length - 1) % 2 || index === 0) : held
  }
  const first = Math.floor(Math.log10(low) + 1e-9)
  const last = Math.max(first + 1, Math.ceil(Math.log10(high) - 1e-9))
  const every = last - first > 4 ? 2 : 1
  const ticks: number[] = []
  for (let power = first; power < last + every; power += every) ticks.push(10 ** power)
  return ticks
}
