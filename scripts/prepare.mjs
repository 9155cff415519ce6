// Brings a checkout to the point where it can run: packages installed, sources built. Does nothing when that is so already.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..')
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

/** Installs exactly what the lock says, without running any package's scripts. Ends this process when that fails. */
export function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const stamp = join(root, 'node_modules', '.queuescope-installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  say('Installing packages (once; about half a minute)')
  run(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(stamp, lock)
}

/** Builds both shells when a source is newer than the last build. */
export function build() {
  const stamp = join(root, 'out', '.built')
  if (existsSync(stamp) && newest(sources) <= statSync(stamp).mtimeMs) return
  say('Building')
  run(npm, ['run', '--silent', 'build'])
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, '')
}

export const say = (text) => process.stdout.write(`${text}\n`)

/** Runs a command in the checkout with its output shown; ends this process with its status when it fails. */
export function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

const sources = ['src-main', 'src-renderer', 'src-shared', 'electron.vite.config.ts', 'package.json']

const newest = (paths) => Math.max(...paths.map((path) => newestIn(join(root, path))))

function newestIn(path) {
  const info = statSync(path)
  if (!info.isDirectory()) return info.mtimeMs
  return Math.max(info.mtimeMs, ...readdirSync(path).map((name) => newestIn(join(path, name))))
}
