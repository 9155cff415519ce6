import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { TortureRow } from '../src-main/brokers/testing/torture'
import { type Comparison, compare, comparisonHead, comparisonRows } from './bullmq'
import { type MutationScore, mutate } from './mutate'
import { mutations } from './mutations'
import { endAllGroups, root, runVitest } from './process-group'
import { suites } from './suites'
import { markdown, table } from './table'

/**
 * Usage: npm run torture -- [--minutes 10] [--only NAME] [--seed N] [--markdown]
 * NAME: one of suites.ts, "mutations" or "bullmq". Everything runs once; what is left of the minutes goes to further passes of
 * the suites, each with a seed of its own. Ends with 1 when anything was lost or doubled, a suite failed, or bugs escaped.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    only: { type: 'string' },
    seed: { type: 'string' },
    markdown: { type: 'boolean', default: false },
  },
})
const until = performance.now() + Number(values.minutes) * 60_000
const leastCaught = 28
const folder = mkdtempSync(join(tmpdir(), 'queuescope-torture-'))
const report = join(folder, 'report.jsonl')
const failed: string[] = []
let score: MutationScore | undefined
let comparisons: readonly Comparison[] = []
let stopped = false

process.once('SIGINT', () => {
  stopped = true
  endAllGroups()
  finish()
})

const wanted = (name: string) => values.only === undefined || values.only === name
if (![...suites.map(({ name }) => name), 'mutations', 'bullmq'].some(wanted)) throw new Error(`no suite ${values.only}`)

async function pass(seed: number): Promise<void> {
  console.log(`pass with seed ${seed}`)
  for (const { name, file } of suites) {
    if (stopped || !wanted(name)) continue
    const startedAt = performance.now()
    const { code, printed } = await runVitest(['--project', 'brokers', file], {
      cwd: root,
      env: { QUEUESCOPE_TORTURE: report, QUEUESCOPE_SEED: String(seed) },
    })
    if (stopped) return
    console.log(`  ${code === 0 ? 'ok' : 'FAILED'}  ${name}  ${Math.round((performance.now() - startedAt) / 1000)} s`)
    if (code === 0) continue
    failed.push(`${name} (QUEUESCOPE_SEED=${seed})`)
    console.log(printed)
  }
}

const newSeed = () => Math.floor(Math.random() * 2 ** 31)
await pass(values.seed === undefined ? newSeed() : Number(values.seed))
if (!stopped && wanted('bullmq')) {
  console.log('the same on BullMQ and here, reduced')
  comparisons = await compare(({ trial, peer }) => console.log(`  ${peer}: ${trial}`))
}
if (!stopped && wanted('mutations')) {
  console.log(`${mutations.length} seeded bugs`)
  score = await mutate({ goesOn: () => !stopped, say: console.log })
}
while (!stopped && values.only !== 'mutations' && values.only !== 'bullmq' && performance.now() < until)
  await pass(newSeed())
if (!stopped) finish()

function finish(): never {
  const rows = reported()
  console.log(
    table(
      ['what', 'runs', 'messages', 'lost', 'doubled', 'seed', ''],
      rows.map((row) => [row.what, row.runs, row.messages, row.lost, row.doubled, row.seed, row.note ?? '']),
    ),
  )
  if (score) {
    console.log(`\nseeded bugs caught: ${score.caught.length} of ${mutations.length}`)
    for (const name of score.escaped) console.log(`  not caught: ${name}`)
  }
  if (comparisons.length > 0)
    console.log(`\n${(values.markdown ? markdown : table)(comparisonHead, comparisonRows(comparisons))}`)
  for (const each of failed) console.log(`FAILED: ${each}`)
  rmSync(folder, { recursive: true, force: true })
  const broken = failed.length > 0 || rows.some(({ lost, doubled }) => lost > 0 || doubled > 0)
  process.exit(broken || (score && score.caught.length < leastCaught) ? 1 : 0)
}

function reported(): readonly (TortureRow & { readonly seed: number })[] {
  try {
    return readFileSync(report, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  } catch {
    return []
  }
}
