import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MessageState } from '@shared/model/message'
import { type QueueAddress, queueKey } from '@shared/model/queue'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startRedis, type TestRedis } from '../brokers/testing/redis-server'
import { attendTo, type ConsoleRig, carryOut, startConsoleRig } from '../testing/console-rig'

let redis: TestRedis
let raw: Redis
let folder: string
let rig: ConsoleRig
let environmentId: string

beforeEach(async () => {
  redis = await startRedis()
  raw = new Redis(redis.port)
  folder = await mkdtemp(join(tmpdir(), 'queuescope-undo-'))
  rig = await startConsoleRig({ dataFolder: folder })
  environmentId = (await rig.connect(redis.port)).id
})
afterEach(async () => {
  await rig.close()
  raw.disconnect()
  await redis.stop()
  await rm(folder, { recursive: true, force: true })
})

interface Edited {
  readonly address: QueueAddress
  readonly state: MessageState
  /** Of the row that is edited. */
  readonly row: number
  readonly body: string
  readonly thenReplay?: boolean
}

/** Edits one row, ends the console and begins another on the same folder; answers the run. */
async function editedBefore({ address, state, row, body, thenReplay = false }: Edited): Promise<string> {
  const queue = queueKey(address)
  const page = await rig.client.messages.browse({ environmentId, queue, state, cursor: null, limit: 10 })
  const { id } = page.items[row]!
  const detail = await rig.client.messages.inspect({ environmentId, queue, id })
  if (detail.body.kind !== 'whole') throw new Error('the body was withheld')
  const base64 = Buffer.from(body).toString('base64')
  const { run } = await carryOut(rig.client, {
    environmentId,
    queue,
    selection: { kind: 'ids', state, ids: [id] },
    action: { kind: 'edit', base64, expectedDigest: detail.body.digest, thenReplay },
  })
  expect(run).toMatchObject({ phase: 'finished', done: 1 })
  await rig.close()
  rig = await startConsoleRig({ dataFolder: folder })
  await attendTo(rig, environmentId)
  return run.id
}

const undo = async (address: QueueAddress, runId: string) =>
  (
    await carryOut(rig.client, {
      environmentId,
      queue: queueKey(address),
      selection: null,
      action: { kind: 'undo', runId },
    })
  ).run

describe('an edit is undone after a restart of the console', () => {
  it('on a list that nobody owns, byte for byte and in its place', async () => {
    const todo: QueueAddress = { layout: 'list', prefix: '', name: 'todo' }
    const before = ['{"n": 1.0}', '{"n":9007199254740993}', '{"n":3}']
    await raw.rpush('todo', ...before)
    const runId = await editedBefore({ address: todo, state: 'ready', row: 1, body: '{"n":2}' })
    expect(await raw.lrange('todo', 0, -1)).toEqual(['{"n": 1.0}', '{"n":2}', '{"n":3}'])
    expect(await undo(todo, runId)).toMatchObject({ phase: 'finished', done: 1, skipped: 0 })
    expect(await raw.lrange('todo', 0, -1)).toEqual(before)
  })

  const mails: QueueAddress = { layout: 'declared', prefix: 'queue-list', name: 'mails' }
  const job = (n: number) => `{"id":"m-${n}","payload":{"to": ${n}.0}}`

  it('on a declared layout, in its list and in its sorted set', async () => {
    await raw.lpush('queue:mails', job(1), job(2))
    await raw.zadd('queue:mails:delayed', 4_102_444_800_000, job(3), 4_102_444_800_001, job(4))
    const ready = await raw.lrange('queue:mails', 0, -1)
    const delayed = await raw.zrange('queue:mails:delayed', 0, '-1', 'WITHSCORES')
    const first = await editedBefore({ address: mails, state: 'ready', row: 0, body: '{"id":"m-1","payload":"other"}' })
    expect(await raw.lrange('queue:mails', 0, -1)).not.toEqual(ready)
    const second = await editedBefore({ address: mails, state: 'delayed', row: 1, body: '{"id":"other"}' })
    expect(await raw.zrange('queue:mails:delayed', 0, '-1', 'WITHSCORES')).not.toEqual(delayed)
    expect(await undo(mails, first)).toMatchObject({ phase: 'finished', done: 1 })
    expect(await undo(mails, second)).toMatchObject({ phase: 'finished', done: 1 })
    expect(await raw.lrange('queue:mails', 0, -1)).toEqual(ready)
    expect(await raw.zrange('queue:mails:delayed', 0, '-1', 'WITHSCORES')).toEqual(delayed)
  })

  it('on a dead letter that was edited and replayed: what still waits has its old bytes again', async () => {
    await raw.lpush('queue:mails:dead', job(1))
    await raw.lpush('queue:mails', job(2))
    const edit = { address: mails, state: 'dead', row: 0, body: '{"id":"m-1","payload":{"to":7}}' } as const
    const runId = await editedBefore({ ...edit, thenReplay: true })
    expect((await raw.lrange('queue:mails', 0, -1)).sort()).toEqual([job(2), edit.body].sort())
    expect(await undo(mails, runId)).toMatchObject({ phase: 'finished', done: 1 })
    expect((await raw.lrange('queue:mails', 0, -1)).sort()).toEqual([job(1), job(2)].sort())
  })

  it('and leaves alone what somebody else changed since, or took', async () => {
    const todo: QueueAddress = { layout: 'list', prefix: '', name: 'todo' }
    await raw.rpush('todo', 'a', 'b')
    const runId = await editedBefore({ address: todo, state: 'ready', row: 1, body: 'edited' })
    await raw.lset('todo', 1, 'changed again')
    expect(await undo(todo, runId)).toMatchObject({ done: 0, skipped: 1 })
    expect(await raw.lrange('todo', 0, -1)).toEqual(['a', 'changed again'])
  })
})
