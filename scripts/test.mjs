// npm test: installs what is missing, then checks, unit, broker and end-to-end tests, and one closing line over everything.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { electronPath, whyNoDisplay } from './electron-path.mjs'
import { build, installPackages, root, say } from './prepare.mjs'
import { installSystemPackages } from './system-packages.mjs'

installPackages()
installSystemPackages()

const reports = mkdtempSync(join(tmpdir(), 'queuescope-test-'))
const tally = { passed: 0, failed: 0 }
const bin = (name) => join('node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name)

check('types', 'tsc', ['--noEmit'])
check('lint', 'biome', ['check', '.'])
check('unused code', 'knip', [])
vitest('unit')
vitest('brokers')
build()
playwright('browser')
const whyNot = electronPath() ? whyNoDisplay() : 'no Electron binary was found'
if (whyNot) say(`\n== end to end, desktop shell: not run, since ${whyNot}`)
else playwright('electron')

rmSync(reports, { recursive: true, force: true })
say(`\n${tally.passed} passed, ${tally.failed} failed`)
process.exit(tally.failed === 0 ? 0 : 1)

/** One check counts as one test. */
function check(name, command, args) {
  const status = step(name, command, args)
  count(status === 0 ? 1 : 0, status === 0 ? 0 : 1)
}

/** The layers test is one of the unit tests. */
function vitest(project) {
  const report = join(reports, `${project}.json`)
  const status = step(`${project} tests`, 'vitest', [
    'run',
    '--project',
    project,
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ])
  const { numPassedTests = 0, numFailedTests = 0, numFailedTestSuites = 0 } = read(report)
  // A file that does not even load has no failed test of its own; neither may a crash of the runner pass.
  const broken = numFailedTests === 0 ? numFailedTestSuites : 0
  count(numPassedTests, Math.max(numFailedTests + broken, status === 0 ? 0 : 1))
}

function playwright(project) {
  const report = join(reports, `${project}.json`)
  const status = step(
    `end to end, ${project === 'browser' ? 'browser' : 'desktop'} shell`,
    'playwright',
    ['test', '--project', project, '--reporter=list,json'],
    {
      PLAYWRIGHT_JSON_OUTPUT_NAME: report,
    },
  )
  const { expected = 0, unexpected = 0, flaky = 0 } = read(report).stats ?? {}
  count(expected + flaky, Math.max(unexpected, status === 0 ? 0 : 1))
}

function step(name, command, args, variables = {}) {
  say(`\n== ${name}`)
  const startedAt = Date.now()
  const { status } = spawnSync(bin(command), args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...variables },
    shell: process.platform === 'win32',
  })
  say(`== ${name}: ${status === 0 ? 'ok' : 'failed'} in ${((Date.now() - startedAt) / 1000).toFixed(0)} s`)
  return status
}

function count(passed, failed) {
  tally.passed += passed
  tally.failed += failed
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return {}
  }
}
