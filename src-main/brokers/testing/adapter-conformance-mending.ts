import { createHash } from 'node:crypto'
import { type Ability, abilities } from '@shared/model/capability'
import type { MessageSummary } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import { describe, expect, it } from 'vitest'
import type { Remedies } from '../remedies'
import type { AdapterScene, AdapterStage } from './adapter-stage'

/** Everything that changes messages, on dead letters that the real worker made, checked by the real worker. */
export function mendingAbilities(staged: () => AdapterStage): void {
  describe('mending', () => {
    it('brings one dead letter back, and the real worker is given it once', async () => {
      await mending('replay', async ({ scene, adapter, queue, dead }) => {
        const [first] = dead
        const body = await bodyOf(adapter, queue, first!.id)
        expect(await adapter.replay(queue, [first!.id])).toEqual([{ id: first!.id, outcome: 'applied' }])
        expect(await deadIds(adapter, queue)).not.toContain(first!.id)
        expect(await workedOn(scene, queue)).toEqual([body])
      })
    })

    it('brings several back, each once, and leaves the others alone', async () => {
      await mending('replay', async ({ scene, adapter, queue, dead }) => {
        const chosen = dead.slice(1, 4).map(({ id }) => id)
        const bodies = await Promise.all(chosen.map((id) => bodyOf(adapter, queue, id)))
        const outcomes = await adapter.replay(queue, [...chosen, 'no-such-message'])
        expect(outcomes.map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'applied', 'gone'])
        expect((await deadIds(adapter, queue)).length).toBe(dead.length - chosen.length)
        expect([...(await workedOn(scene, queue))].sort()).toEqual([...bodies].sort())
      })
    })

    it('says that a dead letter which was brought back already is gone', async () => {
      await mending('replay', async ({ adapter, queue, dead }) => {
        const [first] = dead
        await adapter.replay(queue, [first!.id])
        expect((await adapter.replay(queue, [first!.id])).map(({ outcome }) => outcome)).toEqual(['gone'])
      })
    })

    it('edits one body and nothing else; the worker is given the new one', async () => {
      await mending('edit', async ({ scene, adapter, queue, dead }) => {
        const [first, second] = dead
        const before = await bodyOf(adapter, queue, first!.id)
        const neighbour = await bodyOf(adapter, queue, second!.id)
        const after = scene.edited?.(before) ?? ''
        expect(after).not.toBe(before)
        const edit = { id: first!.id, state: 'dead', body: Buffer.from(after) } as const
        const stale = await adapter.edit(queue, { ...edit, expectedDigest: sha256('something else') })
        expect(stale.outcome).toBe('changed')
        expect(await bodyOf(adapter, queue, first!.id)).toBe(before)
        const edited = await adapter.edit(queue, { ...edit, expectedDigest: sha256(before) })
        expect(edited.outcome).toBe('applied')
        await scene.lookAnew?.(queue)
        // A layout that knows a message by its bytes knows the edited one by another id.
        const id = (await deadRows(adapter, queue)).map((row) => row.id)
        const bodies = await Promise.all(id.map((each) => bodyOf(adapter, queue, each)))
        expect(bodies).toContain(after)
        expect(bodies).toContain(neighbour)
        expect(bodies).not.toContain(before)
        await adapter.replay(queue, [id[bodies.indexOf(after)]!])
        expect(await workedOn(scene, queue)).toEqual([after])
      })
    })

    it('discards what was named, and puts it back byte for byte', async () => {
      await mending('discard', async ({ scene, adapter, queue, dead }) => {
        const chosen = dead.slice(0, 3).map(({ id }) => id)
        const bodies = await Promise.all(chosen.map((id) => bodyOf(adapter, queue, id)))
        const kept = await adapter.snapshot(queue, 'dead', chosen)
        expect(kept.map(({ id }) => id)).toEqual(chosen)
        const removed = await adapter.remove(queue, 'dead', [...chosen, 'no-such-message'])
        expect(removed.map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'applied', 'gone'])
        expect((await deadIds(adapter, queue)).length).toBe(dead.length - 3)
        const capability = (await adapter.capabilities(queue)).restore
        if (capability.answer === 'no') {
          await expect(adapter.restore(queue, kept)).rejects.toMatchObject({ code: 'unsupported' })
          return
        }
        const restored = await adapter.restore(queue, kept)
        expect(restored.map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'applied'])
        await scene.lookAnew?.(queue)
        const back = await deadRows(adapter, queue)
        expect(back.length).toBe(dead.length)
        if (scene.lookAnew) {
          const all = await Promise.all(back.map(({ id }) => bodyOf(adapter, queue, id)))
          expect(all).toEqual(expect.arrayContaining(bodies))
          expect(new Set(all).size).toBe(dead.length)
          return
        }
        expect(await adapter.snapshot(queue, 'dead', chosen)).toEqual(kept)
        expect(await Promise.all(chosen.map((id) => bodyOf(adapter, queue, id)))).toEqual(bodies)
        expect((await adapter.restore(queue, kept)).map(({ outcome }) => outcome)).toEqual([
          'changed',
          'changed',
          'changed',
        ])
      })
    })

    it('sends a message that the real worker can work on', async () => {
      await mending('send', async ({ scene, adapter, queue }) => {
        const { name, body, queue: target = queue } = scene.outgoing ?? { name: null, body: '' }
        expect(scene.outgoing).toBeDefined()
        const ids = await adapter.send(target, [
          { name, body: Buffer.from(body), delayMs: 0, priority: null, attributes: {} },
        ])
        expect(ids.length).toBe(1)
        expect(await workedOn(scene, target)).toEqual([scene.received ?? body])
      })
    })

    it('pauses and resumes where it can', async () => {
      await mending('pause', async ({ adapter, queue }) => {
        await adapter.pause(queue)
        expect((await adapter.read([queue]))[0]?.paused).toBe(true)
        await adapter.resume(queue)
        expect((await adapter.read([queue]))[0]?.paused).toBe(false)
      })
    })

    it('refuses what it says it cannot do', async () => {
      const stage = staged()
      const scene = await stage.scene()
      const truth = await scene.truth()
      for (const { queue } of truth) {
        const capabilities = await stage.adapter.capabilities(queue)
        for (const ability of abilities) {
          if (capabilities[ability].answer !== 'no') continue
          await expect(attempt(stage.adapter, queue, ability), `${queue.name} ${ability}`).rejects.toMatchObject({
            code: 'unsupported',
          })
        }
      }
      expect(await scene.truth()).toEqual(truth)
    })

    /** Runs where the ability is a yes; where it is a no, the refusal is checked instead, so nothing passes unseen. */
    async function mending(ability: Ability, check: (at: Mending) => Promise<void>): Promise<void> {
      const stage = staged()
      const scene = await stage.scene()
      const { adapter } = stage
      const queue = scene.mended
      if (!queue) {
        const [first] = await scene.truth()
        expect((await adapter.capabilities(first!.queue)).replay.answer).not.toBe('yes')
        return
      }
      const capability = (await adapter.capabilities(queue))[ability]
      if (capability.answer === 'no') {
        await expect(attempt(adapter, queue, ability)).rejects.toMatchObject({ code: 'unsupported' })
        return
      }
      const dead = await deadRows(adapter, queue)
      expect(dead.length).toBeGreaterThanOrEqual(5)
      await check({ scene, adapter, queue, dead })
    }
  })
}

interface Mending {
  readonly scene: AdapterScene
  readonly adapter: Remedies
  readonly queue: QueueAddress
  readonly dead: readonly MessageSummary[]
}

function attempt(adapter: Remedies, queue: QueueAddress, ability: Ability): Promise<unknown> {
  const body = Buffer.from('{}')
  switch (ability) {
    case 'replay':
      return adapter.replay(queue, ['1'])
    case 'edit':
      return adapter.edit(queue, { id: '1', state: 'dead', body, expectedDigest: sha256('{}') })
    case 'discard':
      return adapter.remove(queue, 'dead', ['1'])
    case 'purge':
      return adapter.remove(queue, 'ready', ['1'])
    case 'restore':
      return adapter.restore(queue, [{ id: '1', state: 'dead', place: '', body, fields: {} }])
    case 'send':
      return adapter.send(queue, [{ name: null, body, delayMs: 0, priority: null, attributes: {} }])
    case 'pause':
      return adapter.pause(queue)
  }
}

async function deadRows(adapter: Remedies, queue: QueueAddress): Promise<readonly MessageSummary[]> {
  return (await adapter.browse(queue, { state: 'dead', cursor: null, limit: 200 })).items
}

const deadIds = async (adapter: Remedies, queue: QueueAddress): Promise<readonly string[]> =>
  (await deadRows(adapter, queue)).map(({ id }) => id)

async function bodyOf(adapter: Remedies, queue: QueueAddress, id: string): Promise<string> {
  const { body } = await adapter.inspect(queue, id)
  if (body.kind !== 'whole') throw new Error(`the body of ${id} is ${body.kind}`)
  return Buffer.from(body.base64, 'base64').toString('utf8')
}

async function workedOn(scene: AdapterScene, queue: QueueAddress): Promise<readonly string[]> {
  if (!scene.work) throw new Error('this scene has no worker')
  return await scene.work(queue)
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
