import { describe, expect, it, vi } from 'vitest'
import { engineOnRedis } from './testing/engine-on-redis'

const on = engineOnRedis('family')

describe('a family', () => {
  it('lets a parent run when its children are done, with their results in order', async () => {
    const parents = on.engine.queue<string>(on.fresh())
    const resize = on.engine.queue<number>(on.fresh())
    const mail = on.engine.queue<string>(on.fresh())
    const order: string[] = []
    const { promise, resolve } = deferred<readonly unknown[]>()
    const workers = [
      on.engine.worker(parents, async (message) => {
        order.push('parent')
        resolve(await message.children())
      }),
      on.engine.worker(resize, ({ data }) => {
        order.push('child')
        return { size: data }
      }),
      on.engine.worker(mail, () => void order.push('child')),
    ]
    const { id, children } = await parents.enqueueFamily({
      data: 'album',
      children: [
        { queue: resize, data: 1 },
        { queue: mail, data: 'sent' },
        { queue: resize, data: 2, options: { priority: 0 } },
      ],
    })
    expect(children.map(({ outcome }) => outcome)).toEqual(['added', 'added', 'added'])
    expect(await promise).toEqual([{ size: 1 }, undefined, { size: 2 }])
    expect(order).toEqual(['child', 'child', 'child', 'parent'])
    await vi.waitFor(async () => expect(await parents.get(id)).toBeUndefined(), 5_000)
    await Promise.all(workers.map((worker) => worker.stop()))
  })

  it('waits while a child is dead, and goes on when it was replayed', async () => {
    const parents = on.engine.queue<string>(on.fresh())
    const children = on.engine.queue<string>(on.fresh(), { maxAttempts: 1 })
    let broken = true
    let ran = 0
    const workers = [
      on.engine.worker(parents, () => void ran++),
      on.engine.worker(children, () => {
        if (broken) throw new Error('no')
      }),
    ]
    const { id } = await parents.enqueueFamily({ data: 'p', children: [{ queue: children, data: 'c' }] })
    await vi.waitFor(async () => expect(await children.stats()).toMatchObject({ dead: 1 }), 5_000)
    expect(await parents.get(id)).toMatchObject({ pendingChildren: 1, attempts: 0 })
    broken = false
    await children.dead.replay('all')
    await vi.waitFor(() => expect(ran).toBe(1), 5_000)
    await Promise.all(workers.map((worker) => worker.stop()))
  })

  it('is enqueued once however often the call is repeated, also when it is done already', async () => {
    const parents = on.engine.queue<string>(on.fresh())
    const children = on.engine.queue<number>(on.fresh())
    const family = {
      data: 'p',
      options: { id: 'order 7' },
      children: [0, 1, 2].map((data) => ({ queue: children, data })),
    }
    const first = await parents.enqueueFamily(family)
    const second = await parents.enqueueFamily(family)
    expect(second.id).toBe(first.id)
    expect(second.children.map(({ outcome }) => outcome)).toEqual(['duplicate', 'duplicate', 'duplicate'])
    let ran = 0
    const workers = [on.engine.worker(parents, () => void ran++), on.engine.worker(children, () => {})]
    await vi.waitFor(async () => expect(await parents.stats()).toMatchObject({ ackedTotal: 1 }), 5_000)
    const third = await parents.enqueueFamily(family)
    expect([third.id, ran]).toEqual([first.id, 1])
    expect(await parents.stats()).toMatchObject({ ready: 0, delayed: 0, leased: 0, enqueuedTotal: 1 })
    expect(await children.stats()).toMatchObject({ enqueuedTotal: 3, ackedTotal: 3 })
    await Promise.all(workers.map((worker) => worker.stop()))
  })

  it('is checked whole before anything is written', async () => {
    const parents = on.engine.queue<string>(on.fresh())
    const children = on.engine.queue<unknown>(on.fresh())
    await expect(
      parents.enqueueFamily({
        data: 'p',
        children: [
          { queue: children, data: 1 },
          { queue: children, data: undefined },
        ],
      }),
    ).rejects.toMatchObject({ code: 'bad-input' })
    await expect(parents.enqueueFamily({ data: 'p', children: [] })).rejects.toMatchObject({ code: 'bad-input' })
    expect((await parents.stats()).enqueuedTotal).toBe(0)
  })

  it('loses no notice when the process that acked a child died before it told the parent', async () => {
    const parents = on.engine.queue<string>(on.fresh())
    const children = on.engine.queue<string>(on.fresh())
    await parents.enqueueFamily({ data: 'p', children: [{ queue: children, data: 'c' }] })
    // Acked past this engine, so that no courier is kicked.
    const { driver } = children.seat.context
    const { lease } = await driver.lease(children.name, { worker: 'w', count: 1, leaseMs: 60_000 })
    await driver.ack(children.name, { leaseId: lease!.leaseId, ids: [lease!.messages[0]!.id] })
    await children.lease()
    expect((await parents.lease({ waitMs: 8_000 })).map(({ data }) => data)).toEqual(['p'])
  })
})

function deferred<Value>() {
  let resolve: (value: Value) => void = () => {}
  const promise = new Promise<Value>((fulfil) => {
    resolve = fulfil
  })
  return { promise, resolve: (value: Value) => resolve(value) }
}
