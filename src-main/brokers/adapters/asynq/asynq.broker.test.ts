import type { QueueAddress } from '@shared/model/queue'
import { describe, expect, it } from 'vitest'
import { describeAdapter } from '../../testing/adapter-conformance'
import type { AdapterScene, AdapterStage } from '../../testing/adapter-stage'
import { type RedisStage, startRedisStage } from '../../testing/redis-stage'
import { AsynqAdapter } from './adapter'
import { keysOf } from './keys'
import { readTaskMessage, withPayload, writeTaskMessage } from './task-message'
import { AsynqActors } from './testing/asynq-actors'

const mail: QueueAddress = { layout: 'asynq', prefix: 'asynq', name: 'mail' }
const quiet: QueueAddress = { layout: 'asynq', prefix: 'asynq', name: 'a:b {c}' }

describeAdapter('asynq 0.26 (data from its published schema)', async (): Promise<AdapterStage> => {
  const stage = await startRedisStage()
  return {
    name: 'asynq 0.26',
    adapter: new AsynqAdapter(stage.client),
    reading: new AsynqAdapter(stage.readingClient),
    discover: stage.discover,
    scene: () => sceneOn(stage),
    stop: stage.stop,
  }
})

async function sceneOn({ admin, writes }: RedisStage): Promise<AdapterScene> {
  await admin.flushall()
  const actors = new AsynqActors(admin, mail.name)
  const failing = Array.from({ length: 6 }, (_, n) => `{"n":${n},"id":90071992547409931,"n":${n}}`)
  for (const payload of failing) await actors.enqueue('mail:send', payload)
  const dead: string[] = []
  for (let task = await actors.take(); task; task = await actors.take()) {
    dead.push(task.id)
    await actors.fail(task, 'smtp: 550 mailbox unavailable\nfull text', 'archived')
  }
  await actors.enqueue('mail:send', '{"retry":true}')
  const retrying = await actors.take()
  await actors.fail(retrying!, 'smtp: timeout', 'retry')
  await actors.enqueue('mail:send', '{"done":true}')
  const completed = (await actors.take())!.id
  await actors.complete(completed)
  await actors.enqueue('mail:send', '{"active":true}')
  const active = (await actors.take())!.id
  const scheduled = await actors.enqueue('mail:send', '{"later":true}', { dueIn: 600 })
  const other = new AsynqActors(admin, quiet.name)
  const pending = await other.enqueue('mail:send', 'no json, {"a":1}')
  await admin.set('session:1', 'a stranger')
  await admin.lpush('plain', 'a stranger')
  const keys = keysOf(mail.name)
  const count = (key: string) => admin.zcard(key)
  return {
    truth: async () => [
      {
        queue: mail,
        counts: {
          ready: await admin.llen(keys.pending),
          leased: await admin.llen(keys.active),
          delayed: (await count(keys.scheduled)) + (await count(keys.retry)),
          dead: await count(keys.archived),
          done: await count(keys.completed),
        },
      },
      {
        queue: quiet,
        counts: { ready: await admin.llen(keysOf(quiet.name).pending), leased: 0, delayed: 0, dead: 0, done: 0 },
      },
    ],
    samples: [
      {
        queue: mail,
        state: 'dead',
        id: dead[0]!,
        body: failing[0]!,
        error: { message: 'mailbox unavailable', stack: null },
        name: 'mail:send',
        attempts: 1,
      },
      {
        queue: mail,
        state: 'delayed',
        id: retrying!.id,
        body: '{"retry":true}',
        error: { message: 'smtp: timeout', stack: null },
        attempts: 1,
      },
      { queue: mail, state: 'delayed', id: scheduled, body: '{"later":true}', attempts: 0 },
      { queue: mail, state: 'leased', id: active, body: '{"active":true}' },
      { queue: mail, state: 'done', id: completed, body: '{"done":true}' },
      { queue: quiet, state: 'ready', id: pending, body: 'no json, {"a":1}' },
    ],
    mended: mail,
    async work() {
      const bodies: string[] = []
      for (let task = await actors.take(); task; task = await actors.take()) {
        bodies.push(Buffer.from(readTaskMessage(task.msg)?.payload ?? []).toString('utf8'))
        await actors.done(task.id)
      }
      return bodies
    },
    edited: (body) => body.replace('"n":', '"m":'),
    outgoing: { name: 'mail:send', body: '{"sent":1}' },
    async spoil({ name }) {
      await admin.del(keysOf(name).pending)
      await admin.set(keysOf(name).pending, 'not a list')
    },
    async vanish({ name }) {
      await admin.del(...(await admin.keys(`${keysOf(name).base.replace(/[[\]{}*?]/g, '\\$&')}*`)))
    },
    writes,
  }
}

describe('a task message', () => {
  const task = { type: 't', payload: Buffer.from('old'), id: 'i', queue: 'q', retry: 3, timeoutSeconds: 9 }

  it('is read as it was written', () => {
    expect(readTaskMessage(writeTaskMessage(task))).toMatchObject({
      type: 't',
      id: 'i',
      queue: 'q',
      retry: 3,
      timeoutSeconds: 9,
    })
  })

  it('keeps every other byte, unknown fields among them, when its payload changes', () => {
    const before = Buffer.concat([
      writeTaskMessage(task),
      Buffer.from([0x80 | ((100 << 3) & 0x7f), (100 << 3) >> 7, 7]),
    ])
    const after = withPayload(before, Buffer.from('something new'))
    expect(Buffer.from(readTaskMessage(after)!.payload).toString()).toBe('something new')
    expect(Buffer.from(withPayload(after, task.payload)).equals(before)).toBe(true)
  })

  it('says of bytes of another kind that they are none', () => {
    expect(readTaskMessage(Buffer.from('{"json":true}'))).toBeNull()
    expect(readTaskMessage(new Uint8Array())).toBeNull()
  })
})

describe('asynq’s servers', () => {
  it('show themselves with what they hold', async () => {
    const stage = await startRedisStage()
    await new AsynqActors(stage.admin, mail.name).show()
    const { workers, incomplete } = await new AsynqAdapter(stage.readingClient).workers()
    expect(incomplete).toBeNull()
    expect(workers).toMatchObject([
      {
        host: 'worker-1',
        pid: 42,
        queues: ['mail'],
        state: 'busy',
        concurrency: 10,
        holds: [{ queue: 'mail', id: 'task-1', name: 'mail', since: 1_700_000_000_000 }],
      },
    ])
    await stage.stop()
  })
})
