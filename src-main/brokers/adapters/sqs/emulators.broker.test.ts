import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import type { QueueAddress } from '@shared/model/queue'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  type OpenSubject,
  openAws,
  openFauxqs,
  openLocalAwsSqs,
  openSimulator,
} from '../../../sandbox/sqs/fidelity/subjects'
import type { Found } from '../../reader'
import { SqsAdapter } from './adapter'

interface Stage {
  readonly subject: OpenSubject
  readonly adapter: SqsAdapter
  readonly mail: Placed
  readonly dead: Placed
}

interface Placed extends Found {
  readonly url: string
}

interface Check {
  readonly says: string
  readonly check: (stage: Stage) => Promise<void>
}

/** What the adapter needs of any SQS, in an order in which each finds what the one before has left. */
const checks: readonly Check[] = [
  {
    says: 'finds a queue and its dead-letter queue, linked both ways',
    check: async ({ mail, dead }) => {
      expect(mail.deadLetterQueue).toEqual(dead.address)
      expect(dead.deadLetterSources).toEqual([mail.address])
    },
  },
  {
    says: 'counts what is available and in flight',
    check: async ({ adapter, subject, mail }) => {
      await subject.client.send(new SendMessageCommand({ QueueUrl: mail.url, MessageBody: '{"n":1}' }))
      await subject.client.send(new SendMessageCommand({ QueueUrl: mail.url, MessageBody: '{"n":2}' }))
      await subject.client.send(new ReceiveMessageCommand({ QueueUrl: mail.url, VisibilityTimeout: 1 }))
      await vi.waitFor(async () => expect(await adapter.read([mail.address])).toMatchObject([{ ready: 1, leased: 1 }]))
      await subject.pass(1_200)
    },
  },
  {
    says: 'sees a dead letter with its bytes, and raises its receive count by one',
    check: async (stage) => {
      await kill(stage)
      const row = await look(stage, 'dead')
      expect(['{"n":1}', '{"n":2}']).toContain(row?.preview)
      expect(row?.attempts).toBeGreaterThan(1)
      await stage.adapter.peeking.release(stage.dead.address)
    },
  },
  {
    says: 'sends a dead letter back to where it came from, and deletes it there',
    check: async (stage) => {
      const { adapter, subject, mail, dead } = stage
      const row = await look(stage, 'dead')
      expect(await adapter.replay(dead.address, [row!.id])).toEqual([{ id: row!.id, outcome: 'applied' }])
      await adapter.peeking.release(dead.address)
      const { Messages = [] } = await subject.client.send(
        new ReceiveMessageCommand({ QueueUrl: mail.url, WaitTimeSeconds: subject.pollSeconds, VisibilityTimeout: 0 }),
      )
      expect(Messages.map(({ Body }) => Body)).toEqual([row!.preview])
    },
  },
  {
    says: 'refuses a message that somebody else has received since',
    check: async (stage) => {
      const { adapter, subject, dead } = stage
      const row = await look(stage, 'dead')
      await adapter.peeking.release(dead.address)
      await subject.client.send(
        new ReceiveMessageCommand({ QueueUrl: dead.url, MaxNumberOfMessages: 10, VisibilityTimeout: 1 }),
      )
      expect((await adapter.replay(dead.address, [row!.id])).map(({ outcome }) => outcome)).toEqual(['changed'])
      await subject.pass(1_200)
    },
  },
  {
    says: 'lists redrive tasks',
    check: async ({ adapter, dead }) => {
      const section = (await adapter.details(dead.address)).find(({ title }) => title === 'Redrive tasks')
      expect(section?.note).toMatch(/None so far|Newest first/)
    },
  },
]

/** What the others do otherwise. Each must fail there, so that the list stays true. */
const deviations: Readonly<Record<string, readonly string[]>> = {
  'our simulator': [],
  // It has no move tasks.
  'fauxqs 1.9.2': ['lists redrive tasks'],
  // It counts what is in flight as available too, gives system attributes only by their old name, and takes back a message by any receipt.
  'local-aws-sqs 2.0.2': [
    'counts what is available and in flight',
    'sees a dead letter with its bytes, and raises its receive count by one',
    'refuses a message that somebody else has received since',
  ],
}

const subjects: readonly (readonly [name: string, open: () => Promise<OpenSubject>])[] = [
  ['our simulator', openSimulator],
  ['fauxqs 1.9.2', openFauxqs],
  ['local-aws-sqs 2.0.2', openLocalAwsSqs],
  ...(process.env.QUEUESCOPE_AWS_SQS === '1' ? ([['AWS', openAws]] as const) : []),
]

describe.each(subjects)('the SQS adapter on %s', (name, open) => {
  let stage: Stage
  let close: () => Promise<void>

  beforeAll(async () => {
    const subject = await open()
    const adapter = new SqsAdapter({ repeating: subject.client, once: subject.client, where: name, close: () => {} })
    const deadName = subject.fresh('look-dlq')
    const mailName = subject.fresh('look')
    await subject.client.send(new CreateQueueCommand({ QueueName: deadName }))
    await subject.client.send(
      new CreateQueueCommand({
        QueueName: mailName,
        Attributes: {
          VisibilityTimeout: '1',
          RedrivePolicy: JSON.stringify({
            deadLetterTargetArn: await arnOf(adapter, deadName),
            maxReceiveCount: 2,
          }),
        },
      }),
    )
    const found = new Map<string, Found>()
    await vi.waitFor(async () => {
      await adapter.discover((queue) => found.set(queue.address.name, queue), new AbortController().signal)
      expect(found.has(mailName)).toBe(true)
    })
    const placed = async (queue: string): Promise<Placed> => ({
      ...found.get(queue)!,
      url: await factOf(adapter, found.get(queue)!.address, 'URL'),
    })
    stage = { subject, adapter, mail: await placed(mailName), dead: await placed(deadName) }
    close = async () => {
      await adapter.close()
      await subject.close()
    }
  })

  afterAll(() => close())

  for (const { says, check } of checks) {
    if (deviations[name]?.includes(says)) it(`deviates: ${says}`, () => expect(check(stage)).rejects.toThrow())
    else it(says, () => check(stage))
  }
})

async function arnOf(adapter: SqsAdapter, name: string): Promise<string> {
  let address: QueueAddress | undefined
  await vi.waitFor(async () => {
    await adapter.discover((queue) => {
      if (queue.address.name === name) address = queue.address
    }, new AbortController().signal)
    expect(address).toBeDefined()
  })
  return await factOf(adapter, address!, 'ARN')
}

async function factOf(adapter: SqsAdapter, address: QueueAddress, name: string): Promise<string> {
  const facts = (await adapter.details(address)).flatMap((section) => section.facts)
  return facts.find((fact) => fact.name === name)?.value ?? ''
}

/** Received as often as the policy allows, and once more. */
async function kill({ subject, mail, adapter, dead }: Stage): Promise<void> {
  await vi.waitFor(
    async () => {
      await subject.client.send(
        new ReceiveMessageCommand({ QueueUrl: mail.url, MaxNumberOfMessages: 10, VisibilityTimeout: 1 }),
      )
      await subject.pass(1_100)
      expect((await adapter.read([dead.address]))[0]?.dead).toBe(2)
    },
    { timeout: 15_000 },
  )
}

/** A look at one message; the simulator's time is moved on while it polls. */
async function look({ adapter, dead, subject }: Stage, state: 'dead') {
  const looking = adapter.peeking.peek(dead.address, 1)
  let isOver = false
  void looking.finally(() => {
    isOver = true
  })
  while (!isOver) await Promise.race([looking, subject.pass(300)])
  await looking
  return (await adapter.browse(dead.address, { state, cursor: null, limit: 10 })).items[0]
}
