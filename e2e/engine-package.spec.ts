import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from './shell'

const root = resolve(import.meta.dirname, '..')
const run = async (command: string, args: readonly string[], cwd: string) => {
  const { stdout } = await promisify(execFile)(command, [...args], { cwd })
  return stdout.trim()
}

/** A folder with nothing in it but what `npm install TARBALL` brings. */
let folder: string

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'queuescope-package-'))
  const tarball = await run(process.execPath, [join(root, 'scripts/pack-engine.mjs'), folder], root)
  writeFileSync(join(folder, 'package.json'), '{ "name": "service", "private": true }')
  const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['install', ...quiet, tarball], folder)
})

test.afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A producer and a worker; prints what the worker got, and which foreign modules were loaded. */
const program = (port: number, load: string) => `
  ${load}
  const { join } = require('node:path')
  async function main() {
    const engine = await Engine.open({ redis: { port: ${port} } })
    const queue = engine.queue('mails', { keepDone: { count: 10 } })
    const done = new Promise((resolve) => engine.worker(queue, async ({ data }) => resolve(data)))
    await queue.enqueue({ to: 'a@example.org' })
    console.log(JSON.stringify(await done))
    const apart = engine.queue('apart')
    const answered = new Promise((resolve) => {
      const options = { concurrency: 1, onProcessed: (message, { result }) => resolve(result) }
      engine.worker(apart, { file: join(process.cwd(), 'handler.mjs') }, options)
    })
    await apart.enqueue(20)
    console.log(JSON.stringify(await answered))
    await engine.close()
    console.log(await Engine.open({ sqs: { region: 'us-east-1' } }).catch(({ code, hint }) => code + ': ' + hint))
    const loaded = Object.keys(require('node:module')._cache)
    console.log(JSON.stringify(loaded.filter((path) => /node_modules.(electron|react|zod|@aws-sdk)/.test(path))))
  }
  main()
`

for (const kind of ['mjs', 'cjs'] as const)
  test(`a service works with the packed engine, without Electron and React (${kind})`, async ({ redis }) => {
    writeFileSync(join(folder, 'handler.mjs'), 'export default ({ data }) => data + 1')
    const load =
      kind === 'cjs'
        ? `const { Engine } = require('queuescope/engine')`
        : `import { createRequire } from 'node:module'
           import { Engine } from 'queuescope/engine'
           const require = createRequire(import.meta.url)`
    writeFileSync(join(folder, `service.${kind}`), program(redis.port, load))
    expect((await run(process.execPath, [`service.${kind}`], folder)).split('\n')).toEqual([
      '{"to":"a@example.org"}',
      '21',
      'unsupported: npm install @aws-sdk/client-sqs @aws-sdk/credential-providers',
      '[]',
    ])
  })

test('the packed engine brings only what it needs', async () => {
  const manifest = JSON.parse(readFileSync(join(folder, 'node_modules/queuescope/package.json'), 'utf8'))
  expect(Object.keys(manifest.dependencies).sort()).toEqual(['@standard-schema/spec', 'croner', 'ioredis'])
  const optional = ['@aws-sdk/client-sqs', '@aws-sdk/credential-providers', '@opentelemetry/api']
  expect(Object.keys(manifest.peerDependencies).sort()).toEqual(optional)
  for (const each of optional) expect(manifest.peerDependenciesMeta[each]).toEqual({ optional: true })
})

const typed = `
  import { Engine, type Message, UnrecoverableError } from 'queuescope/engine'

  interface Mail { readonly to: string }

  export async function work(): Promise<number> {
    const engine = await Engine.open({ redis: { url: 'redis://127.0.0.1:6379' }, prefix: 'own' })
    const mails = engine.queue<Mail>('mails', { retry: { baseMs: 100, capMs: 5_000 }, timeoutMs: 1_000 })
    const id: string = await mails.enqueue({ to: 'x' }, { delayMs: 5, group: 'g', at: undefined })
    // @ts-expect-error a mail has a recipient
    await mails.enqueue({ from: id })
    const worker = engine.worker(mails, async ({ data, signal, attempt }: Message<Mail>) => {
      if (data.to === '' || signal.aborted) throw new UnrecoverableError(String(attempt))
    }, { concurrency: 5, onProcessed: (message, { runMs }) => void [message.id, runMs.toFixed()] })
    worker.on('dead', ({ error }) => console.log(error.message, error.stack?.length))
    const outcomes = await mails.enqueueBatch([{ to: 'a' }])
    const failed = outcomes.flatMap((each) => (each.outcome === 'failed' ? [each.failure.code] : []))
    const [dead] = (await mails.dead.browse({ filter: { text: 'x' } })).items
    const state: 'ready' | 'leased' | 'delayed' | 'dead' | 'done' | undefined = dead?.state
    await mails.schedules.put('k', { cron: '* * * * *', data: { to: 'b' } })
    const { ready } = await mails.stats()
    await engine.close()
    return (ready ?? 0) + failed.length + (state?.length ?? 0)
  }
`

for (const resolution of ['nodenext', 'node16'] as const)
  test(`its types are there for those who import and those who require (${resolution})`, async () => {
    for (const name of ['typed.mts', 'typed.cts']) writeFileSync(join(folder, name), typed)
    const options = {
      module: resolution,
      moduleResolution: resolution,
      target: 'es2022',
      lib: ['es2023'],
      strict: true,
      noEmit: true,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
    }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: ['typed.mts', 'typed.cts'] }),
    )
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    expect(await run(process.execPath, [compiler, '-p', folder], folder).catch(({ stdout }) => stdout)).toBe('')
  })
