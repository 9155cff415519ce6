import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { EnvironmentInput, Tier } from '@shared/model/environment'
import { queueKey } from '@shared/model/queue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { connectSqs } from './brokers/clients/sqs'
import { type SqsSimulator, startSqsSimulator } from './sandbox/sqs/simulator'
import { type ConsoleRig, carryOut, startConsoleRig, stateOf } from './testing/console-rig'

const account = '000000000000'
const key = (name: string) => queueKey({ layout: 'sqs', prefix: account, name })
const patiently = { timeout: 15_000, interval: 50 }

describe('a console on SQS', () => {
  let sqs: SqsSimulator
  let admin: SQSClient
  let rig: ConsoleRig
  let dead: string

  const input = (tier: Tier): EnvironmentInput => ({
    name: 'aws',
    kind: 'sqs',
    tier,
    region: sqs.region,
    endpoint: sqs.endpoint,
    credentials: { kind: 'keys', accessKeyId: 'test' },
    role: null,
    namePrefix: '',
    queues: [],
    cloudWatch: false,
    password: { kind: 'session', value: 's3cret-key' },
  })

  beforeEach(async () => {
    sqs = await startSqsSimulator()
    admin = connectSqs({
      region: sqs.region,
      endpoint: sqs.endpoint,
      credentials: { kind: 'keys', accessKeyId: 'test', secretAccessKey: 'test' },
    }).repeating
    const made = await admin.send(new CreateQueueCommand({ QueueName: 'mail-dlq' }))
    dead = made.QueueUrl ?? ''
    const deadLetterTargetArn = `arn:aws:sqs:${sqs.region}:${account}:mail-dlq`
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 3 })
    await admin.send(new CreateQueueCommand({ QueueName: 'mail', Attributes: { RedrivePolicy } }))
    for (let n = 0; n < 3; n += 1)
      await admin.send(new SendMessageCommand({ QueueUrl: dead, MessageBody: `{"n":${n}}` }))
    rig = await startConsoleRig()
  })

  afterEach(async () => {
    await rig.close()
    admin.destroy()
    await sqs.stop()
  })

  const found = async (environmentId: string) => {
    const stream = await rig.client.queues.feed({ environmentId })
    const queues = new Map<string, { readonly deadLetterQueue?: string | null | undefined }>()
    for await (const event of stream) {
      for (const queue of event.queues) queues.set(queue.name, queue)
      if (queues.get('mail-dlq')) break
    }
    return queues
  }

  it('finds, links, peeks, redrives and undoes, through the same gate as everything else', async () => {
    const { id: environmentId } = await rig.open(input('dev'))
    expect((await found(environmentId)).get('mail')?.deadLetterQueue).toBe(key('mail-dlq'))
    const queue = key('mail-dlq')
    await vi.waitFor(async () => {
      const { price } = await rig.client.peeks.price({ environmentId, queue })
      expect(price).toMatchObject({ answer: 'priced' })
    }, patiently)
    expect(
      await rig.client.messages.browse({ environmentId, queue, state: 'dead', cursor: null, limit: 10 }),
    ).toMatchObject({
      items: [],
    })
    expect(await rig.client.peeks.take({ environmentId, queue, count: 3 })).toMatchObject({ seen: 3, held: 3 })
    const page = await rig.client.messages.browse({ environmentId, queue, state: 'dead', cursor: null, limit: 10 })
    expect(page.items.map(({ preview }) => preview).sort()).toEqual(['{"n":0}', '{"n":1}', '{"n":2}'])

    const { plan, run } = await carryOut(rig.client, {
      environmentId,
      queue,
      selection: { kind: 'ids', state: 'dead', ids: page.items.slice(0, 2).map(({ id }) => id) },
      action: { kind: 'replay' },
    })
    expect(plan).toMatchObject({
      count: 2,
      warnings: [expect.stringContaining('new id')],
      keeps: expect.stringContaining('new id'),
    })
    expect(run).toMatchObject({
      phase: 'finished',
      title: 'Redrive 2 messages of mail-dlq',
      archived: 2,
      done: 2,
      succeeded: 0,
    })

    const discarded = await carryOut(rig.client, {
      environmentId,
      queue,
      selection: { kind: 'all', state: 'dead', cause: null, except: [] },
      action: { kind: 'discard' },
    })
    expect(discarded.run).toMatchObject({ done: 1, undoable: true })
    const undone = await carryOut(rig.client, {
      environmentId,
      queue,
      selection: null,
      action: { kind: 'undo', runId: discarded.run.id },
    })
    expect(undone.run).toMatchObject({ done: 1 })
    const { Messages = [] } = await admin.send(new ReceiveMessageCommand({ QueueUrl: dead, MaxNumberOfMessages: 10 }))
    expect(Messages).toHaveLength(1)
    expect((await stateOf(rig.client, environmentId, ({ bill }) => bill !== null)).bill?.requests).toBeGreaterThan(5)
    expect(rig.lines.join('\n')).not.toContain('s3cret-key')
  })

  it('keeps production from being looked at or purged by mistake', async () => {
    const { id: environmentId, name } = await rig.open(input('production'))
    const queue = key('mail-dlq')
    await found(environmentId)
    await expect(rig.client.peeks.take({ environmentId, queue, count: 1 })).rejects.toMatchObject({
      data: { code: 'read-only' },
    })
    const locked = await rig.client.acts.prepare({ environmentId, queue, id: 'purge-all', values: {} })
    expect(locked).toMatchObject({ typedName: 'mail-dlq', refusal: expect.stringContaining('read-only') })
    await expect(rig.client.acts.commit({ ticket: locked.ticket, typedName: 'mail-dlq' })).rejects.toMatchObject({
      data: { code: 'read-only' },
    })
    await rig.client.environments.unlock({ environmentId, typedName: name })
    const { ticket } = await rig.client.acts.prepare({ environmentId, queue, id: 'purge-all', values: {} })
    await expect(rig.client.acts.commit({ ticket, typedName: null })).rejects.toMatchObject({
      data: { code: 'confirmation' },
    })
    expect(await rig.client.acts.commit({ ticket, typedName: 'mail-dlq' })).toMatchObject({
      words: expect.stringContaining('60 s'),
    })
    await expect(rig.client.acts.commit({ ticket, typedName: 'mail-dlq' })).rejects.toMatchObject({
      data: { code: 'ticket' },
    })
    const { entries, intact } = await rig.client.activity.list({ before: null, limit: 20 })
    expect(intact).toBe(true)
    expect(entries.filter(({ event }) => event === 'act').map(({ summary }) => summary)).toEqual([
      'Purge by SQS: SQS purges it now; that takes up to 60 s.',
      'Purge by SQS: mail-dlq',
    ])
  })

  it('says that the session has expired, and keeps what it had', async () => {
    const { id: environmentId } = await rig.open(input('dev'))
    await found(environmentId)
    sqs.faults.order({
      operation: 'GetQueueAttributes',
      fault: { kind: 'error', name: 'ExpiredToken', message: 'The security token included in the request is expired' },
      times: 20,
    })
    const lost = await stateOf(rig.client, environmentId, ({ phase }) => phase === 'lost')
    expect(lost.trouble).toMatchObject({ code: 'auth', hint: expect.stringContaining('aws sso login') })
    expect(lost.queueCount).toBe(2)
  }, 30_000)
})
