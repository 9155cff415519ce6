// What the tests need from the system: brokers, a browser, and the producers of other languages. Installed on Debian as root; asked for elsewhere.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { run, say } from './prepare.mjs'

const needed = [
  { package: 'redis-server', isThere: () => Boolean(process.env.REDIS_BIN) || onPath('redis-server') },
  { package: 'chromium', isThere: () => browserPath() !== undefined },
  // The TLS tests make a certificate of their own.
  { package: 'openssl', isThere: () => onPath('openssl') },
  { package: 'rabbitmq-server', isThere: () => existsSync('/usr/lib/rabbitmq/bin/rabbitmq-server') },
  { package: 'ruby-sidekiq', isThere: () => runs('/usr/bin/ruby', ['-e', 'require "sidekiq"']) },
  { package: 'python3-rq', isThere: () => runs('/usr/bin/python3', ['-c', 'import rq']) },
  { package: 'python3-celery', isThere: () => runs('/usr/bin/python3', ['-c', 'import celery']) },
  { package: 'python3-redis', isThere: () => runs('/usr/bin/python3', ['-c', 'import redis']) },
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
  // Debian starts a packaged server by itself; the tests start their own and want no other.
  for (const server of ['redis-server', 'rabbitmq-server'])
    if (missing.includes(server) && onPath('systemctl')) run('sh', ['-c', `systemctl disable --now ${server} || true`])
}

function runs(command, args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function onPath(command) {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
