import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DeleteQueueCommand, ListQueuesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { startFauxqs } from 'fauxqs'
import { createSqsServer } from 'local-aws-sqs'
import { connectSqs } from '../../../brokers/clients/sqs'
import { pause, systemClock } from '../../../runtime/clock'
import { manualClock } from '../../../runtime/manual-clock'
import { startSqsSimulator } from '../simulator'
import type { Subject } from './fidelity-check'

export interface OpenSubject extends Subject {
  close(): Promise<void>
}

/** For servers that look at no signature; requests go to the loopback and nowhere else. */
const loopbackClient = (port: number): SQSClient =>
  connectSqs({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { kind: 'keys', accessKeyId: 'test', secretAccessKey: 'test' },
  }).repeating

/** Ours, in a time of its own. */
export async function openSimulator(): Promise<OpenSubject> {
  const clock = manualClock()
  const simulator = await startSqsSimulator({ clock })
  const client = loopbackClient(simulator.port)
  return {
    client,
    pass: (ms) => clock.advance(ms),
    now: () => clock.now(),
    async parked() {
      while (simulator.waiting === 0) await new Promise((resolve) => setImmediate(resolve))
    },
    fresh: (base) => base,
    pollSeconds: 0,
    async close() {
      client.destroy()
      await simulator.stop()
    },
  }
}

export async function openFauxqs(): Promise<OpenSubject> {
  const server = await startFauxqs({ port: 0, logger: false })
  return inRealTime(loopbackClient(server.port), () => server.stop())
}

export async function openLocalAwsSqs(): Promise<OpenSubject> {
  const server: Server = await createSqsServer({ port: 0, hostname: '127.0.0.1' })
  if (!server.listening) await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return inRealTime(loopbackClient(port), async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
}

/** The service itself, by the default credentials. The queues of the run are deleted when it ends. */
export async function openAws(): Promise<OpenSubject> {
  const run = `queuescope-${randomBytes(4).toString('hex')}`
  const { repeating: client } = connectSqs()
  const subject = inRealTime(client, async () => {}, run)
  return {
    ...subject,
    pollSeconds: 2,
    async close() {
      const { QueueUrls = [] } = await client.send(new ListQueuesCommand({ QueueNamePrefix: run }))
      for (const QueueUrl of QueueUrls) await client.send(new DeleteQueueCommand({ QueueUrl }))
      await subject.close()
    },
  }
}

function inRealTime(client: SQSClient, stop: () => Promise<void>, run = 'queuescope'): OpenSubject {
  let made = 0
  return {
    client,
    async pass(ms) {
      await pause(systemClock, ms)
    },
    now: () => systemClock.now(),
    // Nobody tells from outside when a foreign server waits.
    async parked() {
      await pause(systemClock, 300)
    },
    fresh: (base) => `${run}-${made++}-${base}`,
    pollSeconds: 0,
    async close() {
      client.destroy()
      await stop()
    },
  }
}
