import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import protobuf from 'protobufjs/minimal.js'
import { keysOf, queuesKey, serversKey, taskKey, workersKey } from '../keys'
import { writeTaskMessage } from '../task-message'

/**
 * A producer and a worker that write what asynq's Go client and server write, from its published schema and key layout: its module
 * cannot be had on a machine that has only npm and Debian's packages.
 */
export class AsynqActors {
  constructor(
    private readonly redis: Redis,
    private readonly queue: string,
  ) {}

  async enqueue(type: string, payload: string, { dueIn }: { readonly dueIn?: number } = {}): Promise<string> {
    const id = randomUUID()
    const keys = keysOf(this.queue)
    const msg = Buffer.from(
      writeTaskMessage({ type, payload: Buffer.from(payload), id, queue: this.queue, retry: 2, timeoutSeconds: 1_800 }),
    )
    await this.redis.sadd(queuesKey, this.queue)
    if (dueIn === undefined) {
      await this.redis.hset(taskKey(this.queue, id), { msg, state: 'pending', pending_since: `${Date.now()}000000` })
      await this.redis.lpush(keys.pending, id)
    } else {
      await this.redis.hset(taskKey(this.queue, id), { msg, state: 'scheduled' })
      await this.redis.zadd(keys.scheduled, Math.floor(Date.now() / 1_000) + dueIn, id)
    }
    return id
  }

  /** Takes the next task as a server does; null: nothing is pending, or the queue is paused. */
  async take(): Promise<{ readonly id: string; readonly msg: Buffer } | null> {
    const keys = keysOf(this.queue)
    if (await this.redis.exists(keys.paused)) return null
    const id = await this.redis.rpoplpush(keys.pending, keys.active)
    if (id === null) return null
    await this.redis.hset(taskKey(this.queue, id), 'state', 'active')
    await this.redis.hdel(taskKey(this.queue, id), 'pending_since')
    await this.redis.zadd(keys.lease, Math.floor(Date.now() / 1_000) + 30, id)
    return { id, msg: (await this.redis.hgetBuffer(taskKey(this.queue, id), 'msg')) ?? Buffer.alloc(0) }
  }

  /** Without retention a finished task is gone. */
  async done(id: string): Promise<void> {
    await this.leave(id)
    await this.redis.del(taskKey(this.queue, id))
    await this.redis.incr(keysOf(this.queue).processed)
  }

  async complete(id: string): Promise<void> {
    await this.leave(id)
    await this.redis.zadd(keysOf(this.queue).completed, Math.floor(Date.now() / 1_000) + 3_600, id)
    await this.redis.hset(taskKey(this.queue, id), 'state', 'completed')
    await this.redis.incr(keysOf(this.queue).processed)
  }

  /** Fails it for good, or for now: the message gets the error and the number of retries that Go would write. */
  async fail(
    { id, msg }: { readonly id: string; readonly msg: Buffer },
    error: string,
    to: 'archived' | 'retry',
  ): Promise<void> {
    await this.leave(id)
    const failure = protobuf.Writer.create()
      .uint32((7 << 3) | 2)
      .string(error)
      .uint32(11 << 3)
      .int64(Math.floor(Date.now() / 1_000))
    const retried =
      to === 'retry'
        ? protobuf.Writer.create()
            .uint32(6 << 3)
            .int32(1)
            .finish()
        : new Uint8Array()
    const now = Math.floor(Date.now() / 1_000)
    await this.redis.zadd(keysOf(this.queue)[to], to === 'retry' ? now + 600 : now, id)
    await this.redis.hset(taskKey(this.queue, id), {
      msg: Buffer.concat([msg, failure.finish(), retried]),
      state: to,
    })
    await this.redis.incr(keysOf(this.queue).processed)
    await this.redis.incr(keysOf(this.queue).failed)
  }

  /** Writes itself down as a server with one busy worker. */
  async show(): Promise<void> {
    const name = 'worker-1:42:b9'
    const entry = protobuf.Writer.create().uint32(10).string(this.queue).uint32(16).int32(1).finish()
    const started = protobuf.Writer.create().uint32(8).int64(1_700_000_000).finish()
    const server = protobuf.Writer.create()
      .uint32(10)
      .string('worker-1')
      .uint32(16)
      .int32(42)
      .uint32(32)
      .int32(10)
      .uint32(42)
      .bytes(entry)
      .uint32(58)
      .string('active')
      .uint32(66)
      .bytes(started)
      .uint32(72)
      .int32(1)
      .finish()
    const worker = protobuf.Writer.create()
      .uint32(34)
      .string('task-1')
      .uint32(42)
      .string('mail')
      .uint32(58)
      .string(this.queue)
      .uint32(66)
      .bytes(started)
      .finish()
    await this.redis.set(`${serversKey}:{${name}}`, Buffer.from(server), 'EX', 60)
    await this.redis.zadd(serversKey, Math.floor(Date.now() / 1_000) + 60, `${serversKey}:{${name}}`)
    await this.redis.hset(`${workersKey}:{${name}}`, 'task-1', Buffer.from(worker))
  }

  private async leave(id: string): Promise<void> {
    const keys = keysOf(this.queue)
    await this.redis.lrem(keys.active, 1, id)
    await this.redis.zrem(keys.lease, id)
  }
}
