import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type QueueAttributeName,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { EnvironmentInput } from '@shared/model/environment'
import { queueKey } from '@shared/model/queue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { connectSqs } from './brokers/clients/sqs'
import type { SqsErrorName } from './sandbox/sqs/errors'
import type { OperationName } from './sandbox/sqs/operations/all-operations'
import { type SqsSimulator, startSqsSimulator } from './sandbox/sqs/simulator'
import { type ConsoleRig, carryOut, startConsoleRig } from './testing/console-rig'

const account = '000000000000'
const key = (name: string) => queueKey({ layout: 'sqs', prefix: account, name })
const dead = key('mail-dlq')
const patiently = { timeout: 15_000, interval: 50 }
const expired = 'The security token included in the request is expired'

let sqs: SqsSimulator
let admin: SQSClient
let rig: ConsoleRig
let environmentId: string
let urls: { readonly mail: string; readonly dead: string }

beforeEach(async () => {
  sqs = await startSqsSimulator()
  const keys = { kind: 'keys', accessKeyId: 'test' } as const
  admin = connectSqs({
    region: sqs.region,
    endpoint: sqs.endpoint,
    credentials: { ...keys, secretAccessKey: 'test' },
  }).repeating
  const made = await admin.send(new CreateQueueCommand({ QueueName: 'mail-dlq' }))
  const deadLetterTargetArn = `arn:aws:sqs:${sqs.region}:${account}:mail-dlq`
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 3 })
  const mail = await admin.send(new CreateQueueCommand({ QueueName: 'mail', Attributes: { RedrivePolicy } }))
  urls = { mail: mail.QueueUrl ?? '', dead: made.QueueUrl ?? '' }
  for (let n = 0; n < 12; n += 1)
    await admin.send(new SendMessageCommand({ QueueUrl: urls.dead, MessageBody: `{"n":${n}}` }))
  rig = await startConsoleRig()
  const input: EnvironmentInput = {
    name: 'aws',
    kind: 'sqs',
    tier: 'dev',
    region: sqs.region,
    endpoint: sqs.endpoint,
    credentials: keys,
    role: null,
    namePrefix: '',
    queues: [],
    cloudWatch: false,
    password: { kind: 'session', value: 's3cret-key' },
  }
  environmentId = (await rig.open(input)).id
  for await (const { queues } of await rig.client.queues.feed({ environmentId }))
    if (queues.some(({ name }) => name === 'mail-dlq')) break
})
afterEach(async () => {
  await rig.close()
  admin.destroy()
  await sqs.stop()
})

interface Trouble {
  readonly operation: OperationName
  readonly name: SqsErrorName
  readonly message?: string
  readonly times?: number
  readonly after?: number
}

const trouble = ({ operation, name, message, times = 1, after = 0 }: Trouble) =>
  sqs.faults.order({ operation, fault: { kind: 'error', name, ...(message && { message }) }, times, after })

async function look(): Promise<readonly string[]> {
  await vi.waitFor(
    async () =>
      expect(await rig.client.peeks.take({ environmentId, queue: dead, count: 12 })).toMatchObject({ held: 12 }),
    patiently,
  )
  const page = await rig.client.messages.browse({ environmentId, queue: dead, state: 'dead', cursor: null, limit: 50 })
  return page.items.map(({ id }) => id)
}

const redrive = () =>
  carryOut(rig.client, {
    environmentId,
    queue: dead,
    selection: { kind: 'all', state: 'dead', cause: null, except: [] },
    action: { kind: 'replay' },
  })

/** Visible, hidden and delayed ones. */
async function countOf(QueueUrl: string): Promise<number> {
  const names: QueueAttributeName[] = [
    'ApproximateNumberOfMessages',
    'ApproximateNumberOfMessagesNotVisible',
    'ApproximateNumberOfMessagesDelayed',
  ]
  const { Attributes = {} } = await admin.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: names }))
  return names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0)
}

const send = (bodies: readonly string[]) =>
  rig.client.messages.send({
    environmentId,
    queue: key('mail'),
    name: null,
    bodies: [...bodies],
    delayMs: 0,
    priority: null,
    attributes: {},
  })

describe('a session token that expires in the middle of a run', () => {
  it('fails the rest in words, loses nothing, and the next run does the rest', async () => {
    await look()
    // The first ten are sent and deleted; then the token is no longer good.
    trouble({ operation: 'SendMessageBatch', name: 'ExpiredToken', message: expired, after: 1 })
    const { run } = await redrive()
    expect(run).toMatchObject({ phase: 'finished', done: 10, failed: 2, undoable: true })
    expect(run.note).toBe(
      '2 failed: The AWS session has expired. Run: aws sso login (with --profile, if you use one), or renew the session token.',
    )
    expect([await countOf(urls.mail), await countOf(urls.dead)]).toEqual([10, 2])
    expect((await redrive()).run).toMatchObject({ done: 2, failed: 0, note: null })
    expect([await countOf(urls.mail), await countOf(urls.dead)]).toEqual([12, 0])
  })

  it('says that what was sent on may be there twice when it could not be deleted', async () => {
    await look()
    trouble({ operation: 'DeleteMessageBatch', name: 'ExpiredToken', message: expired, times: 9 })
    const { run } = await redrive()
    expect(run).toMatchObject({ done: 0, unknown: 12 })
    expect(run.note).toContain(
      '12 of unknown outcome: it was sent on, and could not be deleted here: it may be there twice',
    )
    expect([await countOf(urls.mail), await countOf(urls.dead)]).toEqual([12, 12])
  })
})

describe('an encryption key that may not be used', () => {
  const kms = 'The ciphertext refers to a customer master key that you may not use'
  const words = {
    code: 'denied',
    message: expect.stringContaining('is encrypted with may not be used'),
    hint: expect.stringContaining('kms:Decrypt'),
  }

  it('is said of a look', async () => {
    trouble({ operation: 'ReceiveMessage', name: 'KmsAccessDenied', message: kms, times: 9 })
    await vi.waitFor(
      async () =>
        await expect(rig.client.peeks.take({ environmentId, queue: dead, count: 3 })).rejects.toMatchObject({
          data: words,
        }),
      patiently,
    )
  })

  it('is said of a message that is sent, and of each one of a run', async () => {
    trouble({ operation: 'SendMessageBatch', name: 'KmsAccessDenied', message: kms })
    await expect(send(['{}'])).rejects.toMatchObject({
      data: { code: 'denied', message: expect.stringMatching(/^0 of 1 were sent: .*kms:GenerateDataKey/) },
    })
    await look()
    trouble({ operation: 'SendMessageBatch', name: 'KmsAccessDenied', message: kms, times: 2 })
    const { run } = await redrive()
    expect(run).toMatchObject({ done: 0, failed: 12 })
    expect(run.note).toMatch(/^12 failed: The key that .* is encrypted with may not be used: .* Grant kms:Decrypt/)
    expect([await countOf(urls.mail), await countOf(urls.dead)]).toEqual([0, 12])
  })
})

describe('a batch that SQS takes in part', () => {
  it('says how many were sent, why the others were not, and what to do', async () => {
    await expect(send(['{"n":1}', '\u0001 no XML character', '{"n":3}'])).rejects.toMatchObject({
      data: {
        code: 'bad-input',
        message: expect.stringMatching(/^2 of 3 were sent: .*characters/),
        hint: 'Send again only what is missing.',
      },
    })
    expect(await countOf(urls.mail)).toBe(2)
  })
})

describe('a purge within a minute of the last', () => {
  it('is refused in words, with when to try again', async () => {
    const purge = async () => {
      const { ticket } = await rig.client.acts.prepare({ environmentId, queue: dead, id: 'purge-all', values: {} })
      return await rig.client.acts.commit({ ticket, typedName: null })
    }
    await purge()
    await expect(purge()).rejects.toMatchObject({
      data: {
        code: 'broker-state',
        message: 'the queue mail-dlq was purged less than 60 seconds ago: SQS allows one purge a minute.',
        hint: 'Try again in a minute.',
      },
    })
    expect((await rig.client.activity.list({ before: null, limit: 10 })).intact).toBe(true)
  })
})
