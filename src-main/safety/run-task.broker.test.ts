import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { expect, it } from 'vitest'
import { RedisReader } from '../brokers/drivers/redis/reader'
import { startRedis } from '../brokers/testing/redis-server'
import { Engine } from '../engine/engine'
import { systemClock } from '../runtime/clock'
import { Archive, ArchiveWriter } from './archive'
import type { StoredRun } from './run-store'
import { RunTask } from './run-task'

/** An archive on a full disk: the kernel answers every write to /dev/full with ENOSPC. */
class FullDisk extends Archive {
  override async begin(runId: string): Promise<ArchiveWriter> {
    return new ArchiveWriter(runId, join(tmpdir(), 'queuescope-full'), '/dev/full', await open('/dev/full', 'w'))
  }
}

it('refuses before the first message is touched when the disk is full', async () => {
  const redis = await startRedis()
  const folder = await mkdtemp(join(tmpdir(), 'queuescope-run-'))
  const client = new Redis(redis.port, '127.0.0.1')
  const engine = await Engine.open({ redis: { port: redis.port } })
  try {
    await engine.queue('orders').enqueueBatch(Array.from({ length: 50 }, (_, n) => ({ n })))
    const reader = new RedisReader(client)
    const run: StoredRun = {
      id: 'run',
      kind: 'purge',
      title: 'Purge 50 messages of orders',
      environmentId: 'e',
      environmentName: 'e',
      tier: 'dev',
      queue: 'engine/qe/orders',
      queueName: 'orders',
      startedAt: 0,
      finishedAt: null,
      phase: 'archiving',
      planned: 50,
      archived: 0,
      done: 0,
      skipped: 0,
      failed: 0,
      unknown: 0,
      succeeded: 0,
      diedAgain: 0,
      waiting: 0,
      reason: '',
      note: null,
      undoable: false,
      undoneBy: null,
      editedDigest: null,
    }
    const task = new RunTask({
      run,
      action: { kind: 'purge' },
      selection: { kind: 'all', state: 'ready', cause: null, except: [] },
      commit: { ticket: 't', typedName: null, reason: '', ratePerSecond: null, canary: 0, stopAtShare: 1 },
      queue: { layout: 'engine', prefix: 'qe', name: 'orders' },
      undoing: undefined,
      archive: new FullDisk(folder),
      clock: systemClock,
      remedies: () => reader,
      onChange: () => {},
      onBatch: async () => {},
    })
    await task.execute()
    expect(task.state).toMatchObject({
      phase: 'failed',
      done: 0,
      archived: 0,
      undoable: false,
      note: expect.stringContaining('the disk is full'),
    })
    expect(await engine.queue('orders').stats()).toMatchObject({ ready: 50 })
  } finally {
    await engine.close()
    client.disconnect()
    await redis.stop()
    await rm(folder, { recursive: true, force: true })
  }
})
