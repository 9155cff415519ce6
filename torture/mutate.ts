import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Mutation, mutations } from './mutations'
import { root, runVitest } from './process-group'

export interface MutationScore {
  readonly caught: readonly string[]
  readonly escaped: readonly string[]
}

const driver = 'src-main/brokers/drivers/redis'

/** In turn, until one fails: the quickest first. */
const usualTests: readonly (readonly string[])[] = [
  [`${driver}/conformance.broker.test.ts`],
  [`${driver}/driver.broker.test.ts`, `${driver}/parcels.broker.test.ts`, `${driver}/interleavings.broker.test.ts`],
  [`${driver}/model.broker.test.ts`],
  [`${driver}/cuts.broker.test.ts`, `${driver}/reader.broker.test.ts`],
]

const lanes = 2

/**
 * Puts one bug at a time into a copy of the sources and runs the tests there, at CI size; it is caught when they fail. The
 * tests must pass in the untouched copy first: otherwise everything would seem caught.
 */
export async function mutate(
  options: { readonly only?: string; readonly goesOn?: () => boolean; readonly say?: (line: string) => void } = {},
): Promise<MutationScore> {
  const { only, goesOn = () => true, say = () => {} } = options
  for (const mutation of mutations) mutated(root, mutation)
  const waiting = mutations.filter(({ name }) => only === undefined || name.includes(only))
  const caught: string[] = []
  const escaped: string[] = []
  const lane = async () => {
    const copy = copyOfSources()
    try {
      for (let mutation = waiting.shift(); mutation !== undefined && goesOn(); mutation = waiting.shift()) {
        const seenBy = await whoSees(copy, mutation)
        if (!goesOn()) return
        say(seenBy === undefined ? `  NOT CAUGHT  ${mutation.name}` : `  caught  ${mutation.name} (${seenBy})`)
        ;(seenBy === undefined ? escaped : caught).push(mutation.name)
      }
    } finally {
      rmSync(copy, { recursive: true, force: true })
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return { caught, escaped }
}

/** The test file that failed, or undefined. */
async function whoSees(copy: string, mutation: Mutation): Promise<string | undefined> {
  const file = join(copy, mutation.file)
  const sound = readFileSync(file, 'utf8')
  writeFileSync(file, mutated(copy, mutation))
  try {
    for (const files of mutation.tests ? [mutation.tests] : usualTests) {
      const { code, printed } = await runVitest(files, {
        cwd: copy,
        env: { QUEUESCOPE_TORTURE: undefined, QUEUESCOPE_SEED: undefined },
        args: ['--bail', '1', '--maxWorkers', '1', '--testTimeout', '15000'],
      })
      // A copy in which nothing ran would catch everything.
      if (code !== 0 && !/Tests .*failed/.test(printed)) throw new Error(`${mutation.name}: no test ran\n${printed}`)
      if (code !== 0) return / FAIL .*?([\w-]+)\.(broker\.)?test\.ts/.exec(printed)?.[1] ?? 'tests'
    }
    return undefined
  } finally {
    writeFileSync(file, sound)
  }
}

function mutated(at: string, { name, file, find, replace }: Mutation): string {
  const pieces = readFileSync(join(at, file), 'utf8').split(find)
  if (pieces.length !== 2)
    throw new Error(`The mutation "${name}" is stale: its text stands ${pieces.length - 1} times in ${file}, not once.`)
  return pieces.join(replace)
}

function copyOfSources(): string {
  const copy = mkdtempSync(join(tmpdir(), 'queuescope-mutants-'))
  for (const part of ['src-main', 'src-shared', 'package.json', 'vitest.config.ts', 'tsconfig.json'])
    cpSync(join(root, part), join(copy, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}
