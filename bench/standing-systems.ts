import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import amqp from 'amqplib'
import BeeQueue from 'bee-queue'
import Bull from 'bull'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { Queue as ResqueQueue } from 'node-resque'
import { AsynqActors } from '../src-main/brokers/adapters/asynq/testing/asynq-actors'
import { CeleryProducer } from '../src-main/brokers/adapters/celery/testing/celery-actors'
import { ListQueue, teamJob } from '../src-main/brokers/adapters/declared/team-code'
import { startRq } from '../src-main/brokers/adapters/rq/testing/rq-program'
import { SidekiqProgram } from '../src-main/brokers/adapters/sidekiq/testing/sidekiq-program'
import { connectSqs } from '../src-main/brokers/clients/sqs'
import { startRabbitmq } from '../src-main/brokers/testing/rabbitmq-server'
import { startRedis } from '../src-main/brokers/testing/redis-server'
import { Engine } from '../src-main/engine/engine'
import { startSqsSimulator } from '../src-main/sandbox/sqs/simulator'
import type { EnvironmentInput } from '../src-shared/model/environment'

/** One system on a server of its own, filled by its own library. */
export interface StandingSystem {
  readonly name: string
  readonly queues: number
  readonly environment: EnvironmentInput
  /** Of its Redis; null: it is none. */
  readonly port: number | null
  /** One message more, so that it is seen to be alive. */
  readonly beat: () => Promise<unknown>
  readonly stop: () => Promise<unknown>
}

/** What a filling leaves open: one queue that lives on, and what ends it. */
type Filled = Pick<StandingSystem, 'beat' | 'stop'>

export async function startSystems(): Promise<readonly StandingSystem[]> {
  return [
    await onRedis('engine', 250, fillEngine),
    await onRedis('BullMQ', 250, fillBullmq),
    await onRedis('Bull', 50, fillBull),
    await onRedis('Bee', 50, fillBee),
    await onRedis('Resque', 40, fillResque),
    await onRedis('Sidekiq', 50, fillSidekiq),
    await onRedis('RQ', 50, fillRq),
    await onRedis('Celery', 40, fillCelery),
    await onRedis('asynq', 40, fillAsynq),
    await onRedis('streams', 80, fillStreams),
    await onRedis('lists', 50, fillLists),
    await onRedis('declared', 50, fillDeclared),
    await sqs(5),
    await rabbitmq(5),
  ]
}

async function onRedis(
  name: string,
  queues: number,
  fill: (port: number, queues: number) => Promise<Filled>,
): Promise<StandingSystem> {
  const server = await startRedis()
  const { beat, stop } = await fill(server.port, queues)
  return {
    name,
    queues,
    port: server.port,
    environment: {
      name,
      kind: 'redis',
      tier: 'dev',
      topology: { kind: 'single', host: '127.0.0.1', port: server.port },
      database: 0,
      username: null,
      tls: { enabled: false, caFile: null, verify: true },
      prefixes: [],
      password: { kind: 'none' },
    },
    beat,
    async stop() {
      await stop()
      await server.stop()
    },
  }
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n)

async function fillEngine(port: number, queues: number): Promise<Filled> {
  const engine = await Engine.open({ redis: { port } })
  for (const n of numbers(queues)) await engine.queue(`queue-${n}`).enqueue({ n })
  return { beat: () => engine.queue('queue-0').enqueue({}), stop: () => engine.close() }
}

async function fillBullmq(port: number, queues: number): Promise<Filled> {
  const open = (n: number) => new Queue(`queue-${n}`, { connection: { port } })
  for (const n of numbers(queues)) {
    const queue = open(n)
    await queue.addBulk(numbers(3).map(() => ({ name: 'job', data: { n } })))
    await queue.close()
  }
  const first = open(0)
  return { beat: () => first.add('job', {}), stop: () => first.close() }
}

async function fillBull(port: number, queues: number): Promise<Filled> {
  const open = (n: number) => new Bull(`queue-${n}`, { redis: { host: '127.0.0.1', port } })
  for (const n of numbers(queues)) {
    const queue = open(n)
    await queue.add({ n })
    await queue.close()
  }
  const first = open(0)
  return { beat: () => first.add({}), stop: () => first.close() }
}

async function fillBee(port: number, queues: number): Promise<Filled> {
  const open = (n: number) => new BeeQueue(`queue-${n}`, { redis: { port }, isWorker: false })
  for (const n of numbers(queues)) {
    const queue = open(n)
    await queue.createJob({ n }).save()
    await queue.close()
  }
  const first = open(0)
  return { beat: () => first.createJob({}).save(), stop: () => first.close() }
}

async function fillResque(port: number, queues: number): Promise<Filled> {
  const queue = new ResqueQueue({ connection: { host: '127.0.0.1', port, database: 0, pkg: 'ioredis', options: {} } })
  await queue.connect()
  for (const n of numbers(queues)) await queue.enqueue(`queue-${n}`, 'job', [n])
  return { beat: () => queue.enqueue('queue-0', 'job', []), stop: () => queue.end() }
}

async function fillSidekiq(port: number, queues: number): Promise<Filled> {
  const sidekiq = new SidekiqProgram(port)
  await sidekiq.push(numbers(queues).map((n) => ({ queue: `queue-${n}`, args: [n] })))
  return { beat: () => sidekiq.push([{ queue: 'queue-0', args: [] }]), stop: () => sidekiq.stop() }
}

async function fillRq(port: number, queues: number): Promise<Filled> {
  const rq = startRq(port)
  for (const n of numbers(queues)) await rq.ask(['submit', `queue-${n}`, [n], {}])
  return { beat: () => rq.ask(['submit', 'queue-0', [0], {}]), stop: () => rq.stop() }
}

async function fillCelery(port: number, queues: number): Promise<Filled> {
  const celery = new CeleryProducer(port)
  await celery.send(numbers(queues).map((n) => ({ name: 'tasks.mail', args: [n], queue: `queue-${n}` })))
  return { beat: () => celery.send([{ name: 'tasks.mail', args: [], queue: 'queue-0' }]), stop: () => celery.stop() }
}

async function fillAsynq(port: number, queues: number): Promise<Filled> {
  const redis = new Redis(port)
  const actors = numbers(queues).map((n) => new AsynqActors(redis, `queue-${n}`))
  for (const each of actors) await each.enqueue('mail', '{}')
  return { beat: () => actors[0]!.enqueue('mail', '{}'), stop: async () => redis.disconnect() }
}

async function fillStreams(port: number, queues: number): Promise<Filled> {
  const redis = new Redis(port)
  for (const n of numbers(queues)) {
    await redis.xgroup('CREATE', `stream-${n}`, 'readers', '0', 'MKSTREAM')
    await redis.xadd(`stream-${n}`, '*', 'n', n)
  }
  return { beat: () => redis.xadd('stream-0', '*', 'n', 1), stop: async () => redis.disconnect() }
}

async function fillLists(port: number, queues: number): Promise<Filled> {
  const redis = new Redis(port)
  for (const n of numbers(queues)) await redis.lpush(`list-${n}`, JSON.stringify({ n }))
  return { beat: () => redis.lpush('list-0', '{}'), stop: async () => redis.disconnect() }
}

async function fillDeclared(port: number, queues: number): Promise<Filled> {
  const redis = new Redis(port)
  const lists = numbers(queues).map((n) => new ListQueue(redis, `team-${n}`))
  for (const [n, list] of lists.entries()) await list.enqueue(teamJob(`job-${n}`, { n }))
  return { beat: () => lists[0]!.enqueue(teamJob('beat', {})), stop: async () => redis.disconnect() }
}

async function sqs(queues: number): Promise<StandingSystem> {
  const simulator = await startSqsSimulator()
  const { region, endpoint } = simulator
  const credentials = { kind: 'keys', accessKeyId: 'x', secretAccessKey: 'x' } as const
  const client = connectSqs({ region, endpoint, credentials }).repeating
  for (const n of numbers(queues)) await client.send(new CreateQueueCommand({ QueueName: `queue-${n}` }))
  return {
    name: 'SQS',
    queues,
    port: null,
    environment: {
      name: 'SQS',
      kind: 'sqs',
      tier: 'dev',
      region,
      endpoint,
      credentials: { kind: 'keys', accessKeyId: 'x' },
      role: null,
      namePrefix: '',
      queues: [],
      cloudWatch: false,
      password: { kind: 'session', value: 'x' },
    },
    beat: async () => {},
    async stop() {
      client.destroy()
      await simulator.stop()
    },
  }
}

async function rabbitmq(queues: number): Promise<StandingSystem> {
  const server = await startRabbitmq()
  const link = await amqp.connect({ hostname: '127.0.0.1', port: server.amqpPort })
  const channel = await link.createChannel()
  for (const n of numbers(queues)) await channel.assertQueue(`queue-${n}`)
  return {
    name: 'RabbitMQ',
    queues,
    port: null,
    environment: {
      name: 'RabbitMQ',
      kind: 'rabbitmq',
      tier: 'dev',
      host: '127.0.0.1',
      port: server.amqpPort,
      managementUrl: server.managementUrl,
      username: null,
      tls: { enabled: false, caFile: null, verify: true },
      vhosts: [],
      password: { kind: 'none' },
    },
    beat: async () => channel.sendToQueue('queue-0', Buffer.from('{}')),
    async stop() {
      await link.close()
      await server.stop()
    },
  }
}
