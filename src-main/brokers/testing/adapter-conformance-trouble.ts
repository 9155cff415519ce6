import { describe, expect, it } from 'vitest'
import type { AdapterStage } from './adapter-stage'

/** What goes wrong at one queue is said of that queue, in words that name the key, and stops nothing else. */
export function troubleAbilities(staged: () => AdapterStage): void {
  describe('trouble', () => {
    it('says which key of a queue is wrong, and reads the others', async () => {
      const stage = staged()
      const scene = await stage.scene()
      const queues = (await scene.truth()).map(({ queue }) => queue)
      const spoiled = scene.samples[0]!.queue
      if (!scene.spoil) {
        expect(spoiled.layout === 'sqs' || spoiled.layout === 'rabbitmq').toBe(true)
        return
      }
      await scene.spoil(spoiled)
      for (const reader of [stage.adapter, stage.reading]) {
        if (!reader) continue
        const readings = await reader.read(queues)
        readings.forEach((reading, index) => {
          const isSpoiled = queues[index]!.name === spoiled.name && queues[index]!.prefix === spoiled.prefix
          if (isSpoiled) expect(reading.trouble?.length ?? 0).toBeGreaterThan(10)
          else expect(reading.trouble).toBeNull()
        })
        await expect(reader.browse(spoiled, { state: 'ready', cursor: null, limit: 10 })).rejects.toMatchObject({
          code: 'wrong-type',
        })
      }
    })

    it('survives a queue that vanishes while it is open', async () => {
      const stage = staged()
      const scene = await stage.scene()
      const { queue, id, state } = scene.samples[0]!
      if (!scene.vanish) throw new Error('the scene cannot take a queue away')
      await scene.vanish(queue)
      expect((await stage.adapter.read([queue]))[0]).toBeDefined()
      if (scene.lookAnew) {
        // What was seen before may be read on.
        await expect(scene.lookAnew(queue)).rejects.toMatchObject({ code: expect.stringMatching(/^(gone|not-found)$/) })
        return
      }
      expect(await stage.adapter.states(queue, [id])).toEqual([null])
      await expect(stage.adapter.inspect(queue, id)).rejects.toMatchObject({ code: 'gone' })
      expect((await stage.adapter.browse(queue, { state, cursor: null, limit: 10 })).items).toEqual([])
    })
  })
}
