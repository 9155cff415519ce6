import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { driverAbilities } from '../src-main/brokers/driver-abilities'
import { redisAbilities } from '../src-main/brokers/drivers/redis/abilities'
import { redisStreamsAbilities } from '../src-main/brokers/drivers/redis-streams/abilities'
import { sqsAbilities } from '../src-main/brokers/drivers/sqs/abilities'
import { expect, test } from './shell'

const root = resolve(import.meta.dirname, '..')
const run = promisify(execFile)

/** Lines that must stand in an example's output, in any order: several workers print at once. Absent ones are named by the test. */
const telling: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  'webhook-receiver': [
    'delivered invoice.paid: 202',
    'the same delivery again is the same message: true',
    'delivered invoice.paid: 401',
    'handled invoice.paid of Ada on attempt 1',
    'failed: the ledger is busy',
    'handled invoice.refunded of Bob on attempt 2',
    'dead letter: UnrecoverableError: no handler for customer.merged',
    'replayed 1',
    'handled customer.merged of Cleo on attempt 1',
  ],
  'checkout-pipeline': [
    'enqueued: added, added, added',
    'enqueued again: duplicate, duplicate, duplicate',
    'reserved lamp',
    'reserved table',
    'charged 12900 cents on attempt 2',
    'confirmed with {"receipt":"R-12900"} and 2 shelves',
    /^kept: done, progress \{"reserved":2,"of":2\}, result \{"payment":\{"receipt":"R-12900"\},/,
  ],
  'fan-out-notifications': [
    'lag before: audit 4, email 4, push 4',
    ...['Ada', 'Bob', 'Cleo', 'Dan'].flatMap((to) => [
      `email to ${to} on attempt 1`,
      `audit to ${to} on attempt 1`,
      `push to ${to} on attempt ${to === 'Bob' ? 2 : 1}`,
    ]),
    'push failed: the phone is off',
    'lag after: audit 0, email 0, push 0',
  ],
  'cron-serverless': [
    'the timer fired twice, and there is one run: true',
    /^ended by count: \{"leased":20,"acked":20,/,
    /^ended by deadline: .*"failed":0,"dead":0,"settled":0,"givenBack":\d+,"lost":0,/,
    /^ended by empty: /,
    'worked 120 of 120',
  ],
  'idempotent-payment': [
    'failed: the connection broke while the bank answered',
    'attempt 2: receipt R-4200-1',
    'attempt 3: receipt R-4200-1',
    'the bank got 2 requests and made 1 charge',
    'meanwhile: conflict',
    'the first: refunded, the second later: refunded',
  ],
}

const names = readdirSync(join(root, 'examples')).flatMap((file) => (file.endsWith('.ts') ? [file.slice(0, -3)] : []))

test('every example has lines that tell whether it worked', () => {
  expect(names.sort()).toEqual(Object.keys(telling).sort())
})

for (const name of names)
  test(`the example ${name} runs to its end, twice on one server`, async ({ redis }) => {
    // The second run finds what the first one left.
    for (const _ of [1, 2]) {
      const printed = await outputOf(name, redis.port)
      for (const line of telling[name] ?? [])
        expect(printed).toContainEqual(typeof line === 'string' ? line : expect.stringMatching(line))
      expect(printed.at(-1)).toBe('done')
    }
  })

/** One that does not end is ended, and fails: so does one that ends with another code than 0. */
async function outputOf(name: string, port: number): Promise<readonly string[]> {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', `examples/${name}.ts`], {
    cwd: root,
    env: { ...process.env, REDIS_URL: `redis://127.0.0.1:${port}` },
    timeout: 20_000,
  })
  return stdout.trim().split('\n')
}

/** What the pages' blocks take for granted: each block is a module of its own, and may name these anew. */
const granted = `
import type { Engine, Message, Queue, Worker } from 'queuescope/engine'
declare global {
  interface Mail { readonly to: string }
  interface Order { readonly order: string; readonly cents: number }
  const engine: Engine
  const mails: Queue<Mail>
  const orders: Queue<Order>
  const payments: Queue<Order>
  const stock: Queue<{ readonly item: string }>
  const worker: Worker
  const message: Message<Order>
  const id: string
  const order: Order
  const redis: { readonly url: string }
  function deliver(mail: Mail, options?: { readonly signal?: AbortSignal }): Promise<void>
  function charge(cents: number, idempotencyKey: string): Promise<{ readonly receipt: string }>
  function ship(data: unknown): Promise<void>
}
`

const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((file) => `docs/${file}`)].filter((page) =>
  /README\.md$|\/engine.*\.md$/.test(page),
)

/** Fenced blocks marked ts, each with the page's line on which it begins. */
const blocksOf = (page: string) => {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(({ 1: code = '', index }) => ({
    name: `${page.replace(/[^a-z-]+/gi, '_')}-line-${text.slice(0, index).split('\n').length + 1}`,
    code,
  }))
}

test('every block of code in the pages about the engine, and every example, has the right types', async () => {
  mkdirSync(join(root, 'out'), { recursive: true })
  // Inside the project, so that it finds the engine by the name that a service uses.
  const folder = mkdtempSync(join(root, 'out', 'pages-'))
  try {
    const blocks = pages.flatMap(blocksOf)
    expect(blocks.length).toBeGreaterThan(20)
    for (const { name, code } of blocks) writeFileSync(join(folder, `${name}.ts`), `${code}\nexport {}\n`)
    writeFileSync(join(folder, 'granted.d.ts'), granted)
    const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false, types: ['node'] }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include: ['.', '../../examples'] }),
    )
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const complaints = await run(process.execPath, [compiler, '-p', folder]).then(
      ({ stdout }) => stdout,
      ({ stdout, stderr }) => `${stdout}${stderr}`,
    )
    expect(complaints).toBe('')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('the table of abilities says what the drivers declare', () => {
  const text = readFileSync(join(root, 'docs/engine.md'), 'utf8')
  const rows = [...text.matchAll(/^\| `(\w+)` \| (yes|no)\b[^|]* \| (yes|no)\b[^|]* \| (yes|no)\b[^|]* \|$/gm)]
  const drivers = [redisAbilities, redisStreamsAbilities, sqsAbilities('both')]
  expect(rows.map(([, ...cells]) => cells)).toEqual(
    driverAbilities.map((ability) => [ability, ...drivers.map((each) => each[ability].answer)]),
  )
})
