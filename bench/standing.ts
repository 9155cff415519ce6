// npm run bench:standing -- --minutes 10: one environment per system open at once in one core, 1,000 queues in all, alive the whole time.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import amqp from 'amqplib'
import BeeQueue from 'bee-queue'
import Bull from 'bull'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { connectSqs } from '../src-main/brokers/clients/sqs'
import { startRabbitmq } from '../src-main/brokers/testing/rabbitmq-server'
import { startRedis } from '../src-main/brokers/testing/redis-server'
import { Engine } from '../src-main/engine/engine'
import { startSqsSimulator } from '../src-main/sandbox/sqs/simulator'
import type { EnvironmentInput } from '../src-shared/model/environment'
import type { Standing } from './standing-core'

const minutesAt = process.argv.indexOf('--minutes')
const minutes = Number(minutesAt < 0 ? 10 : process.argv[minutesAt + 1])

const redis = await startRedis()
const rabbitmq = await startRabbitmq()
const sqs = await startSqsSimulator()
const admin = new Redis(redis.port)
const say = (text: string) => void process.stderr.write(`${text}\n`)
const stop: (() => Promise<unknown>)[] = []
try {
  say('filling 1,000 queues')
  await fill()
  const core = fork(join(import.meta.dirname, 'standing-core.ts'), [JSON.stringify(inputs())], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  await watch(core)
} finally {
  for (const each of stop.reverse()) await each().catch(() => {})
  admin.disconnect()
  await sqs.stop()
  await rabbitmq.stop()
  await redis.stop()
}

/** By each system's own library, and a message a second for as long as it runs, so that every one is alive. */
async function fill(): Promise<void> {
  const connection = { port: redis.port }
  for (let n = 0; n < 390; n += 1) {
    const queue = new Queue(`bullmq-${n}`, { connection })
    await queue.addBulk(Array.from({ length: 3 }, () => ({ name: 'job', data: { n } })))
    if (n === 0) alive(() => queue.add('job', {}))
    else await queue.close()
    if (n === 0) stop.push(() => queue.close())
  }
  const engine = await Engine.open({ redis: connection })
  stop.push(() => engine.close())
  for (let n = 0; n < 300; n += 1) await engine.queue(`engine-${n}`).enqueue({ n })
  alive(() => engine.queue('engine-0').enqueue({}))
  for (let n = 0; n < 50; n += 1) {
    const queue = new Bull(`bull-${n}`, { redis: { host: '127.0.0.1', port: redis.port } })
    await queue.add({ n })
    await queue.close()
  }
  for (let n = 0; n < 50; n += 1) {
    const queue = new BeeQueue(`bee-${n}`, { redis: { port: redis.port }, isWorker: false })
    await queue.createJob({ n }).save()
    await queue.close()
  }
  for (let n = 0; n < 100; n += 1) {
    await admin.xgroup('CREATE', `stream-${n}`, 'readers', '0', 'MKSTREAM')
    await admin.xadd(`stream-${n}`, '*', 'n', n)
    await admin.lpush(`list-${n}`, JSON.stringify({ n }))
  }
  alive(() => admin.xadd('stream-0', '*', 'n', 1))
  const client = connectSqs({
    region: sqs.region,
    endpoint: sqs.endpoint,
    credentials: { kind: 'keys', accessKeyId: 'x', secretAccessKey: 'x' },
  }).repeating
  stop.push(async () => client.destroy())
  for (let n = 0; n < 5; n += 1) await client.send(new CreateQueueCommand({ QueueName: `sqs-${n}` }))
  const link = await amqp.connect({ hostname: '127.0.0.1', port: rabbitmq.amqpPort })
  stop.push(() => link.close())
  const channel = await link.createChannel()
  for (let n = 0; n < 5; n += 1) await channel.assertQueue(`rabbit-${n}`)
  alive(async () => channel.sendToQueue('rabbit-0', Buffer.from('{}')))
}

function alive(act: () => Promise<unknown>): void {
  const timer = setInterval(() => void act().catch(() => {}), 1_000)
  stop.push(async () => clearInterval(timer))
}

/** One environment a system: on Redis each looks under its own prefixes alone. */
function inputs(): readonly EnvironmentInput[] {
  const ofRedis = (name: string, prefixes: string[]): EnvironmentInput => ({
    name,
    kind: 'redis',
    tier: 'dev',
    topology: { kind: 'single', host: '127.0.0.1', port: redis.port },
    database: 0,
    username: null,
    tls: { enabled: false, caFile: null, verify: true },
    prefixes,
    password: { kind: 'none' },
  })
  return [
    ofRedis('engine', ['qe:']),
    ofRedis('bullmq', ['bull:bullmq-']),
    ofRedis('bull', ['bull:bull-']),
    ofRedis('bee', ['bq:']),
    ofRedis('streams', ['stream-']),
    ofRedis('lists', ['list-']),
    {
      name: 'sqs',
      kind: 'sqs',
      tier: 'dev',
      region: sqs.region,
      endpoint: sqs.endpoint,
      credentials: { kind: 'keys', accessKeyId: 'x' },
      role: null,
      namePrefix: '',
      queues: [],
      cloudWatch: false,
      password: { kind: 'session', value: 'x' },
    },
    {
      name: 'rabbitmq',
      kind: 'rabbitmq',
      tier: 'dev',
      host: '127.0.0.1',
      port: rabbitmq.amqpPort,
      managementUrl: rabbitmq.managementUrl,
      username: null,
      tls: { enabled: false, caFile: null, verify: true },
      vhosts: [],
      password: { kind: 'none' },
    },
  ]
}

async function watch(core: ChildProcess): Promise<void> {
  const told: Standing[] = []
  core.on('message', (standing: Standing) => {
    told.push(standing)
    const { rssBytes, cpuShare, queues, connected, errors } = standing
    say(
      `${(rssBytes / 1e6).toFixed(0)} MB, ${(cpuShare * 100).toFixed(1)} % of a core, ${queues} queues, ${connected} connected${errors.length > 0 ? `, ${errors.join('; ')}` : ''}`,
    )
  })
  const exited = once(core, 'exit')
  const ended = new Promise<void>((resolve) => setTimeout(resolve, minutes * 60_000))
  await Promise.race([exited, ended])
  core.send?.('stop')
  await exited
  // The first telling holds the start and the first walk.
  const steady = told.slice(1)
  const worst = Math.max(...told.map(({ rssBytes }) => rssBytes)) / 1e6
  const mean = steady.reduce((sum, { cpuShare }) => sum + cpuShare, 0) / Math.max(1, steady.length)
  const errors = told.flatMap((each) => each.errors)
  const rows = [
    ['minutes', String(minutes), ''],
    ['queues', String(told.at(-1)?.queues ?? 0), '1,000 and more'],
    ['environments connected at the end', String(told.at(-1)?.connected ?? 0), '8'],
    ['errors', String(errors.length), '0'],
    ['most memory of the core', `${worst.toFixed(0)} MB`, 'under 300 MB'],
    ['mean CPU of the core', `${(mean * 100).toFixed(1)} % of one core`, 'under 10 %'],
  ]
  for (const [what, figure, target] of rows) console.log(`${what!.padEnd(36)}${figure!.padEnd(24)}${target}`)
  if (errors.length > 0 || worst >= 300 || mean >= 0.1) process.exitCode = 1
}
