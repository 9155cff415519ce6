import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { isFailure } from '@shared/failure'
import { version } from '../package.json'
import { openConsole } from './console'
import { Login } from './rpc/login'
import { startLoopback } from './rpc/loopback'
import { readStaticFiles } from './rpc/static-files'
import { systemClock } from './runtime/clock'
import { createLog } from './runtime/log'
import { dataFolder } from './storage/data-folder'
import { noKeyStore } from './storage/secrets'

/** The browser shell: the core in plain Node, its screens on 127.0.0.1. Prints one URL; Enter prints a fresh one. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '0' }, sandbox: { type: 'boolean', default: false } },
  })
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    process.stderr.write(`--port ${values.port}: a port is a number from 0 to 65535\n`)
    process.exit(2)
  }

  const log = createLog((line) => process.stderr.write(line))
  const console = await openConsole({
    host: {
      shell: 'browser',
      version,
      dataFolder: dataFolder(process.env, process.platform),
      keyStore: noKeyStore('The browser shell has no key store.'),
    },
    log,
    variables: process.env,
    sandbox: values.sandbox ? 'show' : 'offer',
  })
  const login = new Login(systemClock)
  const files = await readStaticFiles(resolve(import.meta.dirname, '../renderer'))
  const server = await startLoopback({ port, files, handler: console.handler, login, clock: systemClock })
  const printUrl = () => process.stdout.write(`http://127.0.0.1:${server.port}/#code=${login.newCode()}\n`)

  let isEnding = false
  const end = () => {
    if (isEnding) return
    isEnding = true
    server
      .close()
      .then(() => console.close())
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        log.error('ending failed', error)
        process.exit(1)
      })
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  // A background job that reads its terminal would be stopped by the system.
  process.on('SIGTTIN', () => {})
  createInterface({ input: process.stdin }).on('line', printUrl)
  process.stdin.on('error', () => {})
  printUrl()
}

main().catch((error: unknown) => {
  if (isFailure(error)) process.stderr.write(`${error.message}${error.hint ? `\n${error.hint}` : ''}\n`)
  else process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
})
