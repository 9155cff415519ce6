import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Selection } from '@shared/model/message'
import type { PlanRequest } from '@shared/model/plan'
import { queueKey } from '@shared/model/queue'
import { Queue as BullQueue, Worker as BullWorker } from 'bullmq'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startRedis, type TestRedis } from '../brokers/testing/redis-server'
import { Engine } from '../engine/engine'
import { attendTo, type ConsoleRig, carryOut, ended, startConsoleRig } from '../testing/console-rig'

const webhooks = queueKey({ layout: 'engine', prefix: 'qe', name: 'webhooks' })
const mail = queueKey({ layout: 'bullmq', prefix: 'bull', name: 'mail' })
const allDead: Selection = { kind: 'all', state: 'dead', cause: null, except: [] }
const allReady: Selection = { kind: 'all', state: 'ready', cause: null, except: [] }

describe('the gate, on a real Redis', () => {
  let redis: TestRedis
  let raw: Redis
  let engine: Engine
  let rig: ConsoleRig
  beforeEach(async () => {
    redis = await startRedis()
    raw = new Redis(redis.port, '127.0.0.1')
    engine = await Engine.open({ redis: { port: redis.port } })
    rig = await startConsoleRig()
  })
  afterEach(async () => {
    await rig.close()
    await engine.close()
    raw.disconnect()
    await redis.stop()
  })

  /** Every byte of the queue's keys but its counters, to compare before and after. */
  async function bytesOf(pattern: string): Promise<Record<string, unknown>> {
    const keys = (await raw.keys(pattern)).sort()
    const dump: Record<string, unknown> = {}
    for (const key of keys) {
      const type = await raw.type(key)
      if (type === 'list') dump[key] = (await raw.lrangeBuffer(key, 0, -1)).map((each) => each.toString('hex'))
      if (type === 'zset') dump[key] = String(await raw.call('ZRANGE', key, '0', '-1', 'WITHSCORES'))
      if (type === 'hash' && !/count|event/.test(key)) {
        const hash = await raw.hgetallBuffer(key)
        dump[key] = Object.entries(hash)
          .map(([field, bytes]) => [field, bytes.toString('hex')])
          .sort()
      }
    }
    return dump
  }

  async function kill(bodies: readonly Uint8Array[], message = 'status code 503'): Promise<void> {
    const queue = engine.queue<Uint8Array>('webhooks', { maxAttempts: 1 })
    await queue.enqueueBatch(bodies)
    for (let left = bodies.length; left > 0; ) {
      const messages = await queue.lease({ count: 100, waitMs: 1_000 })
      await Promise.all(messages.map((each) => each.nack(new Error(message), { unrecoverable: true })))
      left -= messages.length
    }
  }

  const odd = [
    Buffer.alloc(0),
    Buffer.from([0xff, 0xfe, 0]),
    Buffer.from('{"n": 9007199254740993, "n": 1, "__proto__": "<script>"}'),
    Buffer.from('['.repeat(10_000)),
  ]

  it('purges after archiving, and brings every byte back', async () => {
    await kill(odd)
    const environment = await rig.connect(redis.port)
    const before = await bytesOf('qe:*webhooks*')
    const { plan, run } = await carryOut(rig.client, {
      environmentId: environment.id,
      queue: webhooks,
      selection: allDead,
      action: { kind: 'purge' },
    })
    expect(plan).toMatchObject({ count: 4, refusal: null, typedName: null, undoable: true })
    expect(run).toMatchObject({ phase: 'finished', archived: 4, done: 4, failed: 0, undoable: true })
    expect(await engine.queue('webhooks').stats()).toMatchObject({ dead: 0 })

    const undo = await carryOut(rig.client, {
      environmentId: environment.id,
      queue: webhooks,
      selection: null,
      action: { kind: 'undo', runId: run.id },
    })
    expect(undo.run).toMatchObject({ phase: 'finished', done: 4, failed: 0 })
    expect(await bytesOf('qe:*webhooks*')).toEqual(before)
    await expect(
      rig.client.plans.prepare({
        environmentId: environment.id,
        queue: webhooks,
        selection: null,
        action: { kind: 'undo', runId: run.id },
      }),
    ).resolves.toMatchObject({ refusal: 'This run was undone already.' })
  })

  it('replays all, follows what became of them, and undoes what still waits', async () => {
    await kill(Array.from({ length: 1_200 }, (_, index) => Buffer.from(`{"n":${index}}`)))
    const environment = await rig.connect(redis.port)
    const { run } = await carryOut(rig.client, {
      environmentId: environment.id,
      queue: webhooks,
      selection: allDead,
      action: { kind: 'replay' },
    })
    expect(run).toMatchObject({ phase: 'finished', archived: 1_200, done: 1_200 })
    const queue = engine.queue('webhooks')
    expect(await queue.stats()).toMatchObject({ ready: 1_200, dead: 0 })
    const taken = await queue.lease({ count: 100, waitMs: 0 })
    await Promise.all(taken.map((message) => message.ack()))
    const undo = await carryOut(rig.client, {
      environmentId: environment.id,
      queue: webhooks,
      selection: null,
      action: { kind: 'undo', runId: run.id },
    })
    expect(undo.run).toMatchObject({ done: 1_100, skipped: 100 })
    expect(await queue.stats()).toMatchObject({ ready: 0, dead: 1_100 })
  })

  it('edits one, refuses what changed meanwhile, and undoes the edit byte for byte', async () => {
    await kill([Buffer.from('{"email": null, "n": 9007199254740993}')])
    const environment = await rig.connect(redis.port)
    const [row] = (
      await rig.client.messages.browse({
        environmentId: environment.id,
        queue: webhooks,
        state: 'dead',
        cursor: null,
        limit: 10,
      })
    ).items
    const id = row?.id ?? ''
    const { body } = await rig.client.messages.inspect({ environmentId: environment.id, queue: webhooks, id })
    if (body.kind !== 'whole') throw new Error('the body was not read')
    const edit = (text: string, expectedDigest: string): PlanRequest => ({
      environmentId: environment.id,
      queue: webhooks,
      selection: { kind: 'ids', state: 'dead', ids: [id] },
      action: { kind: 'edit', base64: Buffer.from(text).toString('base64'), expectedDigest, thenReplay: false },
    })
    const before = await bytesOf('qe:*webhooks*')
    const { plan, run } = await carryOut(rig.client, edit('{"email": "a@b.c"}', body.digest))
    expect(plan.samples[0]).toMatchObject({
      before: '{"email": null, "n": 9007199254740993}',
      after: '{"email": "a@b.c"}',
    })
    expect(run).toMatchObject({ done: 1 })
    await expect(rig.client.plans.prepare(edit('{"email": "late"}', body.digest))).rejects.toMatchObject({
      code: 'FAILURE',
      data: { code: 'changed' },
    })
    await carryOut(rig.client, {
      environmentId: environment.id,
      queue: webhooks,
      selection: null,
      action: { kind: 'undo', runId: run.id },
    })
    expect(await bytesOf('qe:*webhooks*')).toEqual(before)
  })

  it('is locked on production until it is unlocked, and wants the typed name', async () => {
    await kill(odd)
    const environment = await rig.connect(redis.port, { tier: 'production', name: 'eu-billing' })
    const request = {
      environmentId: environment.id,
      queue: webhooks,
      selection: allDead,
      action: { kind: 'purge' },
    } as const
    const locked = await rig.client.plans.prepare(request)
    expect(locked).toMatchObject({ refusal: expect.stringContaining('read-only'), typedName: 'webhooks' })
    const commit = {
      ticket: locked.ticket,
      typedName: 'webhooks',
      reason: '',
      ratePerSecond: null,
      canary: 0,
      stopAtShare: 1,
    }
    await expect(rig.client.plans.commit(commit)).rejects.toMatchObject({ data: { code: 'read-only' } })
    await expect(
      rig.client.messages.send({
        environmentId: environment.id,
        queue: webhooks,
        name: null,
        bodies: ['x'],
        delayMs: 0,
        priority: null,
        attributes: {},
      }),
    ).rejects.toMatchObject({ data: { code: 'read-only' } })
    await expect(rig.client.queues.pause({ environmentId: environment.id, queue: webhooks })).rejects.toMatchObject({
      data: { code: 'read-only' },
    })
    await rig.client.environments.unlock({ environmentId: environment.id, typedName: 'eu-billing' })
    await expect(rig.client.plans.commit({ ...commit, typedName: 'webhook' })).rejects.toMatchObject({
      data: { code: 'confirmation' },
    })
    expect(await engine.queue('webhooks').stats()).toMatchObject({ dead: 4 })
    const { run } = await carryOut(rig.client, request, { typedName: 'webhooks' })
    expect(run).toMatchObject({ done: 4 })
  })

  it('refuses a spent ticket, one whose selection changed, and one from before a restart', async () => {
    await kill(Array.from({ length: 20 }, () => Buffer.from('{}')))
    const environment = await rig.connect(redis.port)
    const request = {
      environmentId: environment.id,
      queue: webhooks,
      selection: allDead,
      action: { kind: 'discard' },
    } as const
    const commit = (ticket: string) =>
      rig.client.plans.commit({ ticket, typedName: null, reason: '', ratePerSecond: null, canary: 0, stopAtShare: 1 })
    const grown = await rig.client.plans.prepare(request)
    await kill(Array.from({ length: 20 }, () => Buffer.from('{}')))
    await expect(commit(grown.ticket)).rejects.toMatchObject({ data: { code: 'changed' } })
    expect(await engine.queue('webhooks').stats()).toMatchObject({ dead: 40 })

    const plan = await rig.client.plans.prepare(request)
    await commit(plan.ticket)
    await expect(commit(plan.ticket)).rejects.toMatchObject({ data: { code: 'ticket' } })
    await vi.waitFor(async () => expect(await engine.queue('webhooks').stats()).toMatchObject({ dead: 0 }))

    await kill([Buffer.from('{}')])
    const stale = await rig.client.plans.prepare(request)
    await redis.kill()
    await redis.start()
    await vi.waitFor(
      async () => await rig.client.queues.capabilities({ environmentId: environment.id, queue: webhooks }),
      { timeout: 15_000 },
    )
    await expect(commit(stale.ticket)).rejects.toMatchObject({
      data: { code: 'ticket', message: expect.stringContaining('restarted') },
    })
  })

  it('lets two consoles replay the same letter once', async () => {
    await kill([Buffer.from('{}')])
    const other = await startConsoleRig()
    try {
      const [here, there] = await Promise.all([rig.connect(redis.port), other.connect(redis.port)])
      const request = { queue: webhooks, selection: allDead, action: { kind: 'replay' } } as const
      const plans = await Promise.all([
        rig.client.plans.prepare({ ...request, environmentId: here.id }),
        other.client.plans.prepare({ ...request, environmentId: there.id }),
      ])
      const commits = await Promise.allSettled(
        [rig, other].map(({ client }, index) =>
          client.plans.commit({
            ticket: plans[index]?.ticket ?? '',
            typedName: null,
            reason: '',
            ratePerSecond: null,
            canary: 0,
            stopAtShare: 1,
          }),
        ),
      )
      await vi.waitFor(async () => expect(await engine.queue('webhooks').stats()).toMatchObject({ ready: 1, dead: 0 }))
      for (const commit of commits) {
        if (commit.status === 'rejected') expect(commit.reason).toMatchObject({ data: { code: 'changed' } })
      }
    } finally {
      await other.close()
    }
  })

  it('knows a run that a crash cut off, and undoes what it had done', async () => {
    await kill(Array.from({ length: 40 }, (_, index) => Buffer.from(`{"n":${index}}`)))
    const environment = await rig.connect(redis.port)
    const before = await bytesOf('qe:*webhooks*')
    const plan = await rig.client.plans.prepare({
      environmentId: environment.id,
      queue: webhooks,
      selection: allDead,
      action: { kind: 'discard' },
    })
    const started = await rig.client.plans.commit({
      ticket: plan.ticket,
      typedName: null,
      reason: '',
      ratePerSecond: 20,
      canary: 0,
      stopAtShare: 1,
    })
    await vi.waitFor(async () => expect((await engine.queue('webhooks').stats()).dead).toBeLessThan(35), {
      timeout: 15_000,
    })
    // What a crash leaves: the data folder as it is now, without the lock, and nobody to finish the run.
    const folder = await mkdtemp(join(tmpdir(), 'queuescope-crashed-'))
    await cp(rig.dataFolder, folder, { recursive: true, filter: (path) => !/console\.lock|samples\.db/.test(path) })
    await rig.client.plans.stop({ runId: started.id })
    await ended(rig.client, started.id)
    const later = await startConsoleRig({ dataFolder: folder })
    try {
      expect(await ended(later.client, started.id)).toMatchObject({ phase: 'stopped', archived: 40, undoable: true })
      await attendTo(later, environment.id)
      const undo = await carryOut(later.client, {
        environmentId: environment.id,
        queue: webhooks,
        selection: null,
        action: { kind: 'undo', runId: started.id },
      })
      expect(undo.run).toMatchObject({ phase: 'finished', failed: 0 })
      expect(await bytesOf('qe:*webhooks*')).toEqual(before)
    } finally {
      await later.close()
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('stops by itself when what was replayed dies again', async () => {
    await kill(Array.from({ length: 60 }, () => Buffer.from('{}')))
    const environment = await rig.connect(redis.port)
    const worker = engine.worker(
      engine.queue('webhooks', { maxAttempts: 1 }),
      () => {
        throw new Error('still broken')
      },
      { concurrency: 5 },
    )
    const plan = await rig.client.plans.prepare({
      environmentId: environment.id,
      queue: webhooks,
      selection: allDead,
      action: { kind: 'replay' },
    })
    const started = await rig.client.plans.commit({
      ticket: plan.ticket,
      typedName: null,
      reason: '',
      ratePerSecond: null,
      canary: 10,
      stopAtShare: 0.2,
    })
    const run = await ended(rig.client, started.id)
    await worker.stop()
    expect(run).toMatchObject({ phase: 'stopped', done: 10, diedAgain: 10, note: expect.stringContaining('100 %') })
    expect(await engine.queue('webhooks').stats()).toMatchObject({ dead: 60 })
  })

  it('mends BullMQ: a failed job is replayed and completed by a real worker, a discarded one comes back', async () => {
    const connection = { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null }
    const queue = new BullQueue('mail', { connection })
    let isBroken = true
    const worker = new BullWorker(
      'mail',
      async () => {
        if (isBroken) throw new Error('status code 503')
      },
      { connection },
    )
    await queue.addBulk(Array.from({ length: 30 }, (_, index) => ({ name: 'send', data: { index } })))
    await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(30), { timeout: 15_000 })
    isBroken = false
    const environment = await rig.connect(redis.port)
    const page = await rig.client.messages.browse({
      environmentId: environment.id,
      queue: mail,
      state: 'dead',
      cursor: null,
      limit: 10,
    })
    const ids = page.items.slice(0, 3).map(({ id }) => id)
    const before = await bytesOf('bull:mail:[0-9]*')
    const discarded = await carryOut(rig.client, {
      environmentId: environment.id,
      queue: mail,
      selection: { kind: 'ids', state: 'dead', ids },
      action: { kind: 'discard' },
    })
    expect(discarded.run).toMatchObject({ done: 3 })
    expect(await queue.getFailedCount()).toBe(27)
    await carryOut(rig.client, {
      environmentId: environment.id,
      queue: mail,
      selection: null,
      action: { kind: 'undo', runId: discarded.run.id },
    })
    expect(await bytesOf('bull:mail:[0-9]*')).toEqual(before)
    const { run } = await carryOut(rig.client, {
      environmentId: environment.id,
      queue: mail,
      selection: allDead,
      action: { kind: 'replay' },
    })
    expect(run).toMatchObject({ phase: 'finished', done: 30 })
    await vi.waitFor(async () => expect(await queue.getCompletedCount()).toBe(30), { timeout: 15_000 })
    expect(await queue.getFailedCount()).toBe(0)
    await worker.close()
    await queue.close()
  })

  it('keeps an intact record of all that was done, and no secret in it', async () => {
    await kill(odd)
    const environment = await rig.connect(redis.port)
    await carryOut(rig.client, {
      environmentId: environment.id,
      queue: webhooks,
      selection: allDead,
      action: { kind: 'replay' },
    })
    await carryOut(rig.client, {
      environmentId: environment.id,
      queue: webhooks,
      selection: allReady,
      action: { kind: 'purge' },
    })
    const page = await rig.client.activity.list({ before: null, limit: 50 })
    expect(page).toMatchObject({ intact: true })
    expect(page.entries.map(({ event }) => event)).toEqual([
      'finish',
      'commit',
      'finish',
      'commit',
      'environment-saved',
    ])
    expect(rig.lines).toEqual([])
  })
})
