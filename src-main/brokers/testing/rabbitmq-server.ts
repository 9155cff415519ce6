import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from './redis-server'

/** A rabbitmq-server of a test's own: loopback, free ports, its own folder, node and port mapper; ended by its process, never by name. */
export interface TestRabbitmq {
  readonly amqpPort: number
  readonly managementUrl: string
  readonly pid: number
  /** rabbitmqctl against this node alone; answers what it printed. */
  ctl(...args: readonly string[]): Promise<string>
  stop(): Promise<void>
  /** SIGKILL, as a crash would; `start` again with the same ports and data. */
  kill(): Promise<void>
  start(): Promise<void>
}

export interface TestRabbitmqOptions {
  /** Default: management and shovel. */
  readonly plugins?: readonly string[]
  /** Further lines of rabbitmq.conf. */
  readonly config?: readonly string[]
}

const scripts = process.env.RABBITMQ_BIN ?? '/usr/lib/rabbitmq/bin'
const portMapper = process.env.EPMD_BIN ?? 'epmd'
const usualPlugins = ['rabbitmq_management', 'rabbitmq_shovel', 'rabbitmq_shovel_management']

/** How often figures of the management plugin change here; by default 5 s, and as long again until it has them. Milliseconds. */
const statisticsMs = 300

/** Rejects with what the server printed when it does not come up. The user guest may do all. */
export async function startRabbitmq({
  plugins = usualPlugins,
  config = [],
}: TestRabbitmqOptions = {}): Promise<TestRabbitmq> {
  if (!existsSync(join(scripts, 'rabbitmq-server'))) {
    throw new Error(
      `${scripts} has no rabbitmq-server: install it (Debian: apt-get install rabbitmq-server) or name its folder in RABBITMQ_BIN`,
    )
  }
  const dir = mkdtempSync(join(tmpdir(), 'queuescope-rabbitmq-'))
  const [amqpPort, managementPort, distributionPort, mapperPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  mkdirSync(join(dir, 'home'))
  writeFileSync(
    join(dir, 'rabbitmq.conf'),
    [
      `listeners.tcp.1 = 127.0.0.1:${amqpPort}`,
      ...(plugins.includes('rabbitmq_management')
        ? [
            'management.tcp.ip = 127.0.0.1',
            `management.tcp.port = ${managementPort}`,
            // One sample a second: the finest that there is.
            'management.sample_retention_policies.global.minute = 1',
            'management.sample_retention_policies.basic.minute = 1',
            'management.sample_retention_policies.detailed.10 = 1',
          ]
        : []),
      'vm_memory_high_watermark.absolute = 512MB',
      'disk_free_limit.absolute = 50MB',
      `collect_statistics_interval = ${statisticsMs}`,
      // Of a key that is there twice, the later one counts.
      ...config,
      '',
    ].join('\n'),
  )
  // Quorum queues and streams tell their figures at paces of their own, which have no other place.
  writeFileSync(
    join(dir, 'advanced.config'),
    `[{rabbit, [{quorum_tick_interval, ${statisticsMs}}, {stream_tick_interval, ${statisticsMs}}]}].\n`,
  )
  writeFileSync(join(dir, 'enabled_plugins'), `[${plugins.join(',')}].\n`)
  const env = {
    PATH: process.env.PATH ?? '',
    LANG: 'C.UTF-8',
    HOME: join(dir, 'home'),
    RABBITMQ_NODENAME: 'queuescope@localhost',
    RABBITMQ_CONFIG_FILE: join(dir, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(dir, 'advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(dir, 'mnesia'),
    RABBITMQ_LOG_BASE: join(dir, 'log'),
    RABBITMQ_PID_FILE: join(dir, 'server.pid'),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    // The script then becomes the server instead of keeping it as a child, so that its process is ours to end.
    RUNNING_UNDER_SYSTEMD: 'true',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(mapperPort),
  }

  // Erlang would start a port mapper of its own and leave it behind.
  const mapper = spawn(portMapper, ['-port', String(mapperPort), '-address', '127.0.0.1'], { env, stdio: 'ignore' })
  await once(mapper, 'spawn')
  let server: ChildProcess | undefined
  const start = async () => {
    server = await launch(env)
  }
  const kill = async () => {
    const running = server
    server = undefined
    if (running) await ended(running)
  }
  const stop = async () => {
    await kill()
    await ended(mapper)
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await start()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    amqpPort,
    managementUrl: `http://127.0.0.1:${managementPort}`,
    get pid() {
      return server?.pid ?? 0
    },
    async ctl(...args) {
      const { stdout } = await promisify(execFile)(join(scripts, 'rabbitmqctl'), [...args], { env })
      return stdout
    },
    stop,
    kill,
    start,
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function launch(env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const child = spawn(join(scripts, 'rabbitmq-server'), [], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      printed += chunk.toString('utf8')
      if (/completed with \d+ plugins/.test(printed)) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      reject(new Error(`rabbitmq-server ended with ${code ?? signal}: ${printed.slice(-2000)}`)),
    )
  })
  return child
}
