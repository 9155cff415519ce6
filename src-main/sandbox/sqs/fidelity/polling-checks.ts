import assert from 'node:assert/strict'
import { ChangeMessageVisibilityCommand, DeleteMessageCommand } from '@aws-sdk/client-sqs'
import {
  bodies,
  create,
  createFifo,
  type FidelityCheck,
  gather,
  handleOf,
  receive,
  type Subject,
  send,
} from './fidelity-check'

const show = ({ client }: Subject, QueueUrl: string, ReceiptHandle: string, VisibilityTimeout: number) =>
  client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }))

/** Receives that wait. */
export const pollingChecks: readonly FidelityCheck[] = [
  {
    name: 'a receive that waits comes back empty when its time is over',
    source: 'ReceiveMessage: WaitTimeSeconds',
    async run(subject) {
      const url = await create(subject, 'patient')
      const started = subject.now()
      const waiting = receive(subject, url, { WaitTimeSeconds: 1 })
      await subject.parked()
      await subject.pass(1_000)
      assert.deepEqual(await waiting, [])
      assert.ok(subject.now() - started >= 900)
    },
  },
  {
    name: 'a receive that waits is woken by a send',
    source: 'ReceiveMessage: "If a message is available, the call returns sooner than WaitTimeSeconds"',
    async run(subject) {
      const url = await create(subject, 'woken')
      const started = subject.now()
      const waiting = receive(subject, url, { WaitTimeSeconds: 3 })
      await subject.parked()
      await send(subject, url, 'x')
      assert.deepEqual(bodies(await waiting), ['x'])
      assert.ok(subject.now() - started < 2_500, 'it returned sooner')
    },
  },
  {
    name: 'a receive that waits is woken by the end of a delay',
    source: 'ReceiveMessage: "If a message is available, the call returns sooner than WaitTimeSeconds"',
    async run(subject) {
      const url = await create(subject, 'delay-over')
      await send(subject, url, 'x', { DelaySeconds: 1 })
      const started = subject.now()
      const waiting = receive(subject, url, { WaitTimeSeconds: 4 })
      await subject.parked()
      await subject.pass(1_000)
      assert.deepEqual(bodies(await waiting), ['x'])
      assert.ok(subject.now() - started < 3_300, 'it returned sooner')
    },
  },
  {
    name: 'a receive that waits is woken by a message that is given back',
    source: 'ReceiveMessage: "If a message is available, the call returns sooner than WaitTimeSeconds"',
    async run(subject) {
      const url = await create(subject, 'given-back')
      await send(subject, url, 'x')
      const [held] = await gather(subject, url, 1)
      const started = subject.now()
      const waiting = receive(subject, url, { WaitTimeSeconds: 3 })
      await subject.parked()
      await show(subject, url, handleOf(held), 0)
      assert.deepEqual(bodies(await waiting), ['x'])
      assert.ok(subject.now() - started < 2_500, 'it returned sooner')
    },
  },
  {
    name: 'a queue may make every receive wait',
    source: 'CreateQueue: ReceiveMessageWaitTimeSeconds',
    async run(subject) {
      const url = await create(subject, 'waiting', { ReceiveMessageWaitTimeSeconds: '3' })
      const started = subject.now()
      const waiting = receive(subject, url)
      await subject.parked()
      await send(subject, url, 'x')
      assert.deepEqual(bodies(await waiting), ['x'])
      assert.ok(subject.now() - started < 2_500, 'it returned sooner')
    },
  },
  {
    name: 'a receive that waits on a FIFO queue is woken when its group is free again',
    source:
      'ReceiveMessage: "While messages with a particular MessageGroupId are invisible, no more messages ... are returned"',
    async run(subject) {
      const url = await createFifo(subject, 'freed')
      for (const body of ['a', 'b']) await send(subject, url, body, { MessageGroupId: 'g' })
      const [first] = await gather(subject, url, 1)
      const started = subject.now()
      const waiting = receive(subject, url, { WaitTimeSeconds: 3 })
      await subject.parked()
      await subject.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: handleOf(first) }))
      assert.deepEqual(bodies(await waiting), ['b'])
      assert.ok(subject.now() - started < 2_500, 'it returned sooner')
    },
  },
]
