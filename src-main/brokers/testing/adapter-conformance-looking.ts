import { abilities } from '@shared/model/capability'
import { layoutFacts } from '@shared/model/known-layouts'
import { type MessageState, type MessageSummary, messageStates } from '@shared/model/message'
import { type QueueAddress, queueKey } from '@shared/model/queue'
import { describe, expect, it } from 'vitest'
import type { Reader } from '../reader'
import type { AdapterScene, AdapterStage } from './adapter-stage'

/** Everything that only looks, asked once by a privileged user and once by one who may only read. */
export function lookingAbilities(staged: () => AdapterStage): void {
  for (const who of ['a user who may do all', 'a user who may only read'] as const) {
    describe(`looking, ${who}`, () => {
      const readerOf = (stage: AdapterStage): Reader | null =>
        who === 'a user who may do all' ? stage.adapter : stage.reading

      it('finds every queue by its own name, and no stranger', async () => {
        await seen(async ({ scene, reader }) => {
          const found = await staged().discover(reader)
          const truth = await scene.truth()
          expect(found.map(({ address }) => queueKey(address)).sort()).toEqual(
            truth.map(({ queue }) => queueKey(queue)).sort(),
          )
          for (const { product } of found) expect(product).not.toBe('')
        })
      })

      it('counts what the system’s own interface counts', async () => {
        await seen(async ({ scene, reader }) => {
          const truth = await scene.truth()
          const readings = await reader.read(truth.map(({ queue }) => queue))
          truth.forEach(({ queue, counts }, index) => {
            const reading = readings[index]
            expect(reading?.trouble, queue.name).toBeNull()
            for (const state of messageStates) {
              if (counts[state] === undefined) continue
              expect(reading?.[state], `${queue.name} ${state}`).toBe(counts[state])
            }
          })
        })
      })

      it('pages through every state, neither repeating nor skipping', async () => {
        await seen(async ({ scene, reader }) => {
          for (const { queue, counts, seen = counts } of await scene.truth()) {
            for (const state of messageStates) {
              const total = seen[state]
              if (total === undefined || layoutFacts[queue.layout].states[state] === null) continue
              const rows = await paged(reader, queue, state, 3)
              expect(new Set(rows.map(({ id }) => id)).size, `${queue.name} ${state}`).toBe(rows.length)
              expect(rows.length, `${queue.name} ${state}`).toBe(total)
              for (const row of rows) expect(row.state).toBe(state)
            }
          }
        })
      })

      it('opens a message of each state with its exact bytes', async () => {
        await seen(async ({ scene, reader }) => {
          expect(scene.samples.length).toBeGreaterThan(0)
          for (const sample of scene.samples) {
            const { queue, state, id, body, error } = sample
            const detail = await reader.inspect(queue, id)
            const about = `${queue.name} ${state} ${id}`
            expect(detail.summary.state, about).toBe(state)
            expect(detail.body.kind, about).toBe('whole')
            if (detail.body.kind === 'whole')
              expect(Buffer.from(detail.body.base64, 'base64').toString('utf8'), about).toBe(body)
            if (error) {
              expect(`${detail.error?.name}: ${detail.error?.message}`, about).toContain(error.message)
              if (error.stack !== null) expect(detail.error?.stack, about).toContain(error.stack)
            }
            if (sample.attempts !== undefined) expect(detail.summary.attempts, about).toBe(sample.attempts)
            if (sample.name !== undefined) expect(detail.summary.name, about).toBe(sample.name)
            const row = (await paged(reader, queue, state, 200)).find((candidate) => candidate.id === id)
            expect(row, about).toBeDefined()
            expect(row?.preview.length, about).toBeGreaterThan(0)
          }
        })
      })

      it('says where messages stand, and null for what is not there', async () => {
        await seen(async ({ scene, reader }) => {
          for (const { queue, state, id } of scene.samples) {
            expect(await reader.states(queue, [id, 'no-such-message'])).toEqual([state, null])
          }
        })
      })

      it('says that a message is gone when it is not there', async () => {
        await seen(async ({ scene, reader }) => {
          const [sample] = scene.samples
          await expect(reader.inspect(sample!.queue, 'no-such-message')).rejects.toMatchObject({ code: 'gone' })
        })
      })

      it('answers for every ability, with a reason for each no', async () => {
        await seen(async ({ scene, reader }) => {
          for (const { queue } of await scene.truth()) {
            const capabilities = await reader.capabilities(queue)
            for (const ability of abilities) {
              const capability = capabilities[ability]
              if (capability.answer === 'no' || capability.answer === 'unknown')
                expect(capability.reason.length).toBeGreaterThan(10)
              if (capability.answer === 'priced') expect(capability.price.length).toBeGreaterThan(10)
            }
          }
        })
      })

      it('tells details, workers and groups without a fault where it has them', async () => {
        await seen(async ({ scene, reader }) => {
          for (const { queue } of await scene.truth()) {
            for (const section of (await reader.details?.(queue)) ?? []) expect(section.title).not.toBe('')
            expect(Array.isArray((await reader.schedules?.(queue)) ?? [])).toBe(true)
            expect(Array.isArray((await reader.streaming?.groups(queue)) ?? [])).toBe(true)
          }
          const report = await reader.workers?.()
          if (report) expect(report.layout).toBe(reader.layout)
        })
      })

      /** Runs the question; nothing may have been written by it. */
      async function seen(
        question: (at: { readonly scene: AdapterScene; readonly reader: Reader }) => Promise<void>,
      ): Promise<void> {
        const stage = staged()
        const reader = readerOf(stage)
        if (!reader) {
          expect(stage.reading).toBeNull()
          return
        }
        const scene = await stage.scene()
        // The system's own interface may write while it counts: its answer is taken before.
        const truth = await scene.truth()
        const before = await scene.writes?.count()
        await question({ scene: { ...scene, truth: () => Promise.resolve(truth) }, reader })
        expect(await scene.writes?.count()).toBe(before)
      }
    })
  }
}

async function paged(
  reader: Reader,
  queue: QueueAddress,
  state: MessageState,
  limit: number,
): Promise<readonly MessageSummary[]> {
  const rows: MessageSummary[] = []
  let cursor: string | null = null
  do {
    const page = await reader.browse(queue, { state, cursor, limit })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    rows.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return rows
}
