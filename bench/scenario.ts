import type { Redis } from 'ioredis'

/**
 * One thing that is measured. To add one: a file beside this one that exports a Scenario, and its name in the list of
 * bench.ts. Contenders run interleaved in one process against one server; a figure is the median over rounds, a ratio the
 * median of the ratios of each round, since both move together with the machine.
 */
export interface Scenario {
  /** "engine-throughput"; `--only engine` runs all whose name begins so. */
  readonly name: string
  run(bench: Bench): Promise<readonly Row[]>
}

/** A line of the table at the end. */
export interface Row {
  readonly what: string
  /** In words with its unit; null where nothing was promised. */
  readonly target: string | null
  readonly figure: string
  /** null: nothing was promised. */
  readonly met: boolean | null
  /** The numbers behind it, for --json. */
  readonly values: Readonly<Record<string, number>>
}

/** What a scenario works with. The server is the bench's own: loopback, `appendfsync everysec`, empty at the start of each scenario. */
export interface Bench {
  readonly port: number
  /** A client of the bench for looking at the server, apart from the contenders' own. */
  readonly side: Redis
  readonly rounds: number
  /** Empties the server. */
  clear(): Promise<void>
  /** Progress, for a person who waits. */
  say(text: string): void
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** `share` 0 to 1. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? Number.NaN
}

export const perSecond = (rate: number): string => `${Math.round(rate).toLocaleString('en')}/s`

/**
 * What each script call of `act` (or each command, where it uses no script) took inside the server, microseconds, in order; only those above `aboveUs`. At 0 the
 * server also logs every command inside a script, at the script's expense: some 0.5 us each.
 */
export async function callTimesUs(side: Redis, act: () => Promise<unknown>, aboveUs = 0): Promise<readonly number[]> {
  await side.config('SET', 'slowlog-max-len', '100000')
  await side.call('SLOWLOG', 'RESET')
  await side.config('SET', 'slowlog-log-slower-than', String(aboveUs))
  await act()
  await side.config('SET', 'slowlog-log-slower-than', '-1')
  const entries = (await side.call('SLOWLOG', 'GET', '-1')) as readonly (readonly [
    number,
    number,
    number,
    readonly string[],
  ])[]
  await side.call('SLOWLOG', 'RESET')
  // Commands inside a script are listed too, and counted in it.
  const scripts = entries.filter(([, , , [name]]) => /^eval/i.test(name ?? ''))
  return (scripts.length > 0 ? scripts : entries).map(([, , us]) => us).reverse()
}

/**
 * The longest of the calls, each taken at its fastest over the rounds: the server's clock runs on while other processes
 * have the core, which strikes another call each round; a call that is long by itself is long in every round.
 */
export function longestUs(rounds: readonly (readonly number[])[]): number {
  const calls = Math.min(...rounds.map((round) => round.length))
  return Math.max(...Array.from({ length: calls }, (_, call) => Math.min(...rounds.map((round) => round[call]!))))
}

/**
 * Runs `act` without rewrites of the append-only file: one would begin in somebody's turn, and each page of memory that is written for the
 * first time after its fork costs a fault.
 */
export async function withoutRewrites<Answer>(side: Redis, act: () => Promise<Answer>): Promise<Answer> {
  await side.config('SET', 'auto-aof-rewrite-percentage', '0')
  try {
    return await act()
  } finally {
    await side.config('SET', 'auto-aof-rewrite-percentage', '100')
  }
}

/** Redis CPU used so far, microseconds. */
export async function redisCpuUs(side: Redis): Promise<number> {
  const info = await side.info('cpu')
  const seconds = (name: string) => Number(info.match(new RegExp(`${name}:([\\d.]+)`))?.[1] ?? Number.NaN)
  return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1e6
}
