// What the tests need from the system: a Redis and a browser. Installed on Debian as root; asked for elsewhere.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { run, say } from './prepare.mjs'

const needed = [
  { package: 'redis-server', isThere: () => Boolean(process.env.REDIS_BIN) || onPath('redis-server') },
  { package: 'chromium', isThere: () => browserPath() !== undefined },
  // The TLS tests make a certificate of their own.
  { package: 'openssl', isThere: () => onPath('openssl') },
]

/** A Chromium of the system's, or undefined. `CHROMIUM_BIN` names another. */
export function browserPath() {
  const named = process.env.CHROMIUM_BIN
  const usual = [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ]
  return [...(named ? [named] : []), ...usual].find((path) => existsSync(path))
}

/** Ends this process with the exact command to run where it may not install by itself. */
export function installSystemPackages() {
  const missing = needed.filter((each) => !each.isThere()).map((each) => each.package)
  if (missing.length === 0) return
  const command = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`
  if (!onPath('apt-get') || process.getuid?.() !== 0) {
    const how = onPath('apt-get')
      ? `sudo sh -c '${command}'`
      : `install ${missing.join(' and ')} with your package manager, or name them in REDIS_BIN and CHROMIUM_BIN`
    process.stderr.write(`The tests need ${missing.join(' and ')}. Run:\n  ${how}\n`)
    process.exit(1)
  }
  say(`Installing ${missing.join(', ')}`)
  run('sh', ['-c', command])
  // Debian starts a packaged Redis by itself; the tests start their own and want no other.
  if (missing.includes('redis-server') && onPath('systemctl'))
    run('sh', ['-c', 'systemctl disable --now redis-server || true'])
}

function onPath(command) {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
