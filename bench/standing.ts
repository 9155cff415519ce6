// npm run bench:standing -- --minutes 10: one environment per system open at once in one core, 1,000 queues in all, alive the whole time.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { buildCore } from './built-core'
import { commandsPerSecond } from './redis-commands'
import type { Standing } from './standing-core'
import { type StandingSystem, startSystems } from './standing-systems'

const minutesAt = process.argv.indexOf('--minutes')
const minutes = Number(minutesAt < 0 ? 10 : process.argv[minutesAt + 1])
/** Commands are counted for so long, at the end: two passes of looking for queues are in it. MONITOR, which counts them, costs the server. */
const countedMs = 60_000

const say = (text: string) => void process.stderr.write(`${text}\n`)
const path = await buildCore()
say('filling 1,000 queues')
const systems = await startSystems()
const beats = setInterval(() => {
  for (const { beat } of systems) void beat().catch((error: unknown) => say(String(error)))
}, 1_000)
try {
  const inputs = systems.map(({ environment }) => environment)
  const core = fork(path, [JSON.stringify(inputs)], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  await watch(core, systems)
} finally {
  clearInterval(beats)
  for (const { stop } of systems) await stop().catch((error: unknown) => say(String(error)))
}

async function watch(core: ChildProcess, systems: readonly StandingSystem[]): Promise<void> {
  const told: Standing[] = []
  core.on('message', (standing: Standing) => {
    told.push(standing)
    const { rssBytes, cpuShare, queues, connected, errors } = standing
    say(
      `${(rssBytes / 1e6).toFixed(0)} MB, ${(cpuShare * 100).toFixed(1)} % of a core, ${queues} queues, ${connected} connected${errors.length > 0 ? `, ${errors.join('; ')}` : ''}`,
    )
  })
  const exited = once(core, 'exit')
  const ended = new Promise<void>((resolve) => setTimeout(resolve, minutes * 60_000 - countedMs))
  await Promise.race([exited, ended])
  const counted = await Promise.all(
    systems.flatMap(({ name, port }) =>
      port === null ? [] : [commandsPerSecond(port, countedMs).then((rate) => ({ name, rate }))],
    ),
  )
  const busiest = counted.reduce((worst, each) => (each.rate > worst.rate ? each : worst))
  core.send?.('stop')
  await exited
  // The first telling holds the start and the first walk.
  const steady = told.slice(1)
  const worst = Math.max(...told.map(({ rssBytes }) => rssBytes)) / 1e6
  const mean = steady.reduce((sum, { cpuShare }) => sum + cpuShare, 0) / Math.max(1, steady.length)
  const errors = told.flatMap((each) => each.errors)
  const rows = [
    ['minutes', String(minutes), ''],
    ['queues', String(told.at(-1)?.queues ?? 0), '1,000 and more'],
    ['environments connected at the end', String(told.at(-1)?.connected ?? 0), String(systems.length)],
    ['errors', String(errors.length), '0'],
    ['most memory of the core', `${worst.toFixed(0)} MB`, 'under 300 MB'],
    ['mean CPU of the core', `${(mean * 100).toFixed(1)} % of one core`, 'under 10 %'],
    ['commands a second, busiest Redis', `${busiest.rate.toFixed(1)} (${busiest.name})`, '10 at most'],
  ]
  say(counted.map(({ name, rate }) => `${name} ${rate.toFixed(1)}/s`).join(', '))
  for (const [what, figure, target] of rows) console.log(`${what!.padEnd(36)}${figure!.padEnd(24)}${target}`)
  const allAlive = told.at(-1)?.connected === systems.length
  if (errors.length > 0 || worst >= 300 || mean >= 0.1 || busiest.rate > 10 || !allAlive) process.exitCode = 1
}
