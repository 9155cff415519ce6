import { queueKey } from '@shared/model/queue'
import { type Channel, type ChannelModel, type ConfirmChannel, connect } from 'amqplib'
import { connectRabbitmq, type RabbitmqConnection, type RabbitmqTarget } from '../clients/rabbitmq'
import { inPath, RabbitmqManagement } from '../clients/rabbitmq-management'
import { listingFinder } from '../finder'
import type { Found, Reader } from '../reader'
import { startRabbitmq, type TestRabbitmq, type TestRabbitmqOptions } from './rabbitmq-server'

/** A real RabbitMQ with the test's own connection to it by amqplib, and as many of the console's as there are users. */
export interface RabbitmqStage {
  readonly server: TestRabbitmq
  /** For the test's own doing: not the console's. */
  readonly admin: ConfirmChannel
  readonly management: RabbitmqManagement
  readonly target: RabbitmqTarget
  /** The console's connection, closed with the stage. Default: the user guest, who may do all. */
  open(change?: Partial<RabbitmqTarget>): Promise<RabbitmqConnection>
  user(name: string, rights: UserRights): Promise<Pick<RabbitmqTarget, 'username' | 'password'>>
  policy(name: string, policy: { readonly pattern: string; readonly definition: object }): Promise<void>
  /** A channel of the test's own on a connection of its own, which a refusal may close. */
  channel(): Promise<Channel>
  discover(reader: Reader): Promise<readonly Found[]>
  /** Deletes every queue, policy and exchange that a test made. */
  clear(): Promise<void>
  stop(): Promise<void>
}

export interface UserRights {
  readonly tags: string
  readonly configure?: string
  readonly write?: string
  readonly read?: string
}

export async function startRabbitmqStage(options: TestRabbitmqOptions = {}): Promise<RabbitmqStage> {
  const server = await startRabbitmq(options)
  const target: RabbitmqTarget = {
    host: '127.0.0.1',
    amqpPort: server.amqpPort,
    managementUrl: server.managementUrl,
    username: 'guest',
    password: 'guest',
    tls: null,
    vhosts: null,
  }
  const management = new RabbitmqManagement({ ...target, url: server.managementUrl })
  const models: ChannelModel[] = []
  const opened: RabbitmqConnection[] = []
  const join = async () => {
    const model = await connect(`amqp://guest:guest@127.0.0.1:${server.amqpPort}`)
    model.on('error', () => {})
    models.push(model)
    return model
  }
  const admin = await (await join()).createConfirmChannel()
  const ask = (method: 'PUT' | 'DELETE', path: string, body?: unknown) =>
    management.send(method, path, { act: 'prepare a test', ...(body === undefined ? {} : { body }) })
  const list = async (what: string) =>
    (await management.get(`/${what}/%2F`, { act: 'prepare a test' })) as readonly { readonly name: string }[]
  return {
    server,
    admin,
    management,
    target,
    async open(change = {}) {
      const connection = await connectRabbitmq({ ...target, ...change })
      opened.push(connection)
      return connection
    },
    async user(name, { tags, configure = '', write = '', read = '' }) {
      const password = `secret of ${name}`
      await ask('PUT', `/users/${inPath(name)}`, { password, tags })
      await ask('PUT', `/permissions/%2F/${inPath(name)}`, { configure, write, read })
      return { username: name, password }
    },
    async policy(name, { pattern, definition }) {
      await ask('PUT', `/policies/%2F/${inPath(name)}`, { pattern, definition, 'apply-to': 'queues' })
    },
    channel: async () => {
      const channel = await (await join()).createChannel()
      channel.on('error', () => {})
      return channel
    },
    async discover(reader) {
      const found = new Map<string, Found>()
      await listingFinder([reader]).find({
        found: (queue) => found.set(queueKey(queue.address), queue),
        signal: new AbortController().signal,
        pace: 'hurried',
      })
      return [...found.values()]
    },
    async clear() {
      for (const { name } of await list('queues')) await ask('DELETE', `/queues/%2F/${inPath(name)}`)
      for (const { name } of await list('policies')) await ask('DELETE', `/policies/%2F/${inPath(name)}`)
      for (const { name } of await list('exchanges')) {
        if (name !== '' && !name.startsWith('amq.')) await ask('DELETE', `/exchanges/%2F/${inPath(name)}`)
      }
    },
    async stop() {
      for (const connection of opened) await connection.close()
      for (const model of models) await model.close().catch(() => {})
      management.close()
      await server.stop()
    },
  }
}
