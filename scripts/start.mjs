// npm start: installs, builds, and opens the desktop shell; or the browser shell, with one line that says why.
import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { electronPackage, electronPath, whyNoDisplay } from './electron-path.mjs'
import { build, installPackages, root, say } from './prepare.mjs'

const usage = `npm start -- [options]
  --browser   the browser shell, also where a desktop window could be shown
  --port N    the browser shell's port (any free one without it)
  --no-open   do not open a browser, only print the URL
  --sandbox   start with the sandbox, a broker in memory with a little traffic`

/** How long the reach for Electron's download may take before it counts as out of reach, and the download itself. Milliseconds. */
const reachMs = 3_000
const downloadMs = 180_000

const flags = readFlags()
installPackages()
build()
const why = flags.browser ? undefined : (whyNoDisplay() ?? (await whyNoElectron()))
if (flags.browser || why) {
  if (why) say(`Opening the browser shell: ${why}.`)
  openBrowserShell()
} else {
  follow(spawn(electronPath(), ['.', ...(flags.sandbox ? ['--sandbox'] : [])], { cwd: root, stdio: 'inherit' }))
}

function readFlags() {
  try {
    const { values } = parseArgs({
      options: {
        browser: { type: 'boolean', default: false },
        port: { type: 'string' },
        'no-open': { type: 'boolean', default: false },
        sandbox: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      say(usage)
      process.exit(0)
    }
    return values
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${usage}\n`)
    process.exit(2)
  }
}

/** Looks for the binary, fetches it once when it is missing, and answers why there is none. */
async function whyNoElectron() {
  if (electronPath()) return undefined
  const home = electronPackage()
  if (!home) return 'Electron is not installed'
  if (!(await canReachDownload())) return 'Electron’s binary is not here and its download cannot be reached'
  say('Fetching Electron (once)')
  const code = await ended(
    spawn(process.execPath, [join(home, 'install.js')], { stdio: 'ignore', timeout: downloadMs }),
  )
  return code === 0 && electronPath() ? undefined : 'Electron’s binary could not be fetched'
}

function canReachDownload() {
  // Behind a proxy only the download itself can tell.
  if (process.env.HTTPS_PROXY || process.env.https_proxy) return true
  const mirror = process.env.ELECTRON_MIRROR ?? process.env.npm_config_electron_mirror ?? 'https://github.com'
  const { hostname, port, protocol } = new URL(mirror)
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname,
      port: Number(port) || (protocol === 'http:' ? 80 : 443),
      timeout: reachMs,
    })
    const end = (answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}

function openBrowserShell() {
  const args = [...(flags.port ? ['--port', flags.port] : []), ...(flags.sandbox ? ['--sandbox'] : [])]
  const child = spawn(process.execPath, ['--no-warnings', 'out/main/headless.js', ...args], {
    cwd: root,
    stdio: ['inherit', 'pipe', 'inherit'],
  })
  let isOpened = flags['no-open']
  createInterface({ input: child.stdout }).on('line', (line) => {
    say(line)
    if (isOpened || !line.startsWith('http://')) return
    isOpened = true
    openInBrowser(line)
  })
  follow(child)
}

/** Opens the default browser where there is one; the URL is printed either way. */
function openInBrowser(url) {
  if (whyNoDisplay()) return
  const [command, args] = { darwin: ['open', [url]], win32: ['explorer.exe', [url]] }[process.platform] ?? [
    'xdg-open',
    [url],
  ]
  spawn(command, args, { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}

/** Ends with the child, and hands it the signals that end this process. */
function follow(child) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  })
  child.on('close', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}

const ended = (child) => new Promise((resolve) => child.on('close', resolve).on('error', () => resolve(1)))
