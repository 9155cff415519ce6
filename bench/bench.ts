import { Redis } from 'ioredis'
import { startRedis } from '../src-main/brokers/testing/redis-server'
import { engineCalls } from './engine-calls'
import { engineDepth } from './engine-depth'
import { engineLatency } from './engine-latency'
import { engineMemory } from './engine-memory'
import { enginePeak } from './engine-peak'
import { engineReplay } from './engine-replay'
import { engineSerial } from './engine-serial'
import { engineThroughput } from './engine-throughput'
import { sampling } from './sampling'
import type { Bench, Row, Scenario } from './scenario'
import { screens } from './screens'

const scenarios: readonly Scenario[] = [
  engineThroughput,
  engineLatency,
  engineSerial,
  engineMemory,
  engineReplay,
  engineCalls,
  engineDepth,
  enginePeak,
  sampling,
  screens,
]

/**
 * npm run bench                    everything, a table at the end
 * npm run bench -- --only engine   scenarios whose name begins so
 * npm run bench -- --rounds 9      more rounds than 5
 * npm run bench -- --json          the table as JSON on stdout, progress on stderr
 */
const argument = (name: string) => {
  const at = process.argv.indexOf(name)
  return at < 0 ? undefined : process.argv[at + 1]
}
const json = process.argv.includes('--json')
const only = argument('--only') ?? ''
const rounds = Number(argument('--rounds') ?? 5)

const server = await startRedis(['--appendonly', 'yes', '--appendfsync', 'everysec'])
const side = new Redis({ port: server.port, host: '127.0.0.1' })
await side.config('SET', 'slowlog-log-slower-than', '-1')
const bench: Bench = {
  port: server.port,
  side,
  rounds,
  clear: async () => void (await side.flushall('SYNC')),
  say: (text) => void process.stderr.write(`${text}\n`),
}

const table: { readonly scenario: string; readonly rows: readonly Row[] }[] = []
try {
  for (const scenario of scenarios.filter(({ name }) => name.startsWith(only))) {
    bench.say(`\n${scenario.name}`)
    await bench.clear()
    table.push({ scenario: scenario.name, rows: await scenario.run(bench) })
  }
} finally {
  side.disconnect()
  await server.stop()
}
if (json) console.log(JSON.stringify({ node: process.version, rounds, table }, null, 2))
else print(table.flatMap(({ rows }) => rows))
const missed = table.flatMap(({ rows }) => rows).filter((row) => row.met === false)
process.exit(missed.length > 0 ? 1 : 0)

function print(rows: readonly Row[]): void {
  const cells = [
    ['What', 'Target', 'Figure', 'Met'],
    ...rows.map(({ what, target, figure, met }) => [
      what,
      target ?? '',
      figure,
      met === null ? '' : met ? 'yes' : 'NO',
    ]),
  ]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]!.length)))
  console.log('')
  for (const row of cells)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('   ')
        .trimEnd(),
    )
}
