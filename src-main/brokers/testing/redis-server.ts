import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A redis-server of a test's own: loopback, a free port, its own folder; ended by its process, never by name. */
export interface TestRedis {
  readonly port: number
  readonly pid: number
  readonly dir: string
  stop(): Promise<void>
  /** SIGKILL, as a crash would; `start` again on the same port and folder. */
  kill(): Promise<void>
  start(): Promise<void>
}

/** `args` are redis-server's own, like `['--requirepass', 's3cret']`. Rejects with what the server printed when it does not come up. */
export async function startRedis(args: readonly string[] = []): Promise<TestRedis> {
  const binary = redisBinary()
  const dir = mkdtempSync(join(tmpdir(), 'queuescope-redis-'))
  const port = await freePort()
  let child: ChildProcess | undefined

  const start = async () => {
    child = await launch(binary, [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      dir,
      ...args,
    ])
  }
  const end = async (signal: NodeJS.Signals) => {
    const running = child
    child = undefined
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const exited = once(running, 'exit')
    running.kill(signal)
    await exited
  }

  await start()
  return {
    port,
    get pid() {
      return child?.pid ?? 0
    },
    dir,
    start,
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGKILL')
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}

function redisBinary(): string {
  const named = process.env.REDIS_BIN
  if (named) return named
  try {
    return execFileSync('which', ['redis-server'], { encoding: 'utf8' }).trim()
  } catch {
    throw new Error(
      'redis-server is not on the PATH: install it (Debian: apt-get install redis-server) or name it in REDIS_BIN',
    )
  }
}

async function launch(binary: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(binary, [...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      printed += chunk.toString('utf8')
      if (printed.includes('Ready to accept connections')) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}: ${printed.slice(-2000)}`)))
  })
  return child
}
