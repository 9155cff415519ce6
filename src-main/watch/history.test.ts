import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { metrics, type Sample } from '@shared/model/sample'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../runtime/manual-clock'
import { openDatabase } from '../storage/database'
import { History, openHistory } from './history'

const ref = { environmentId: 'e', queueKey: 'engine/qe/orders' }
const start = 1_700_000_000_000
const sampleAt = (second: number, value: number): Sample => ({
  at: start + second * 1_000,
  values: metrics.map(() => value),
})

describe('history', { timeout: 30_000 }, () => {
  let folder: string
  const open = async (clock = manualClock(start)) =>
    new History(await openDatabase(join(folder, 'samples.db'), start), clock)
  const all = (history: History, level: number) => history.samples(ref, { level, from: 0, to: Number.MAX_SAFE_INTEGER })

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'queuescope-history-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('answers with what is saved and what is not yet, at every level, each sample once', async () => {
    const history = await open()
    for (let second = 0; second < 205; second += 1) {
      history.append(ref, sampleAt(second, second))
      if (second % 3 === 0) await history.settle()
    }
    const fine = await all(history, 0)
    expect(fine.map(({ values }) => values[0])).toEqual(Array.from({ length: 205 }, (_, n) => n))
    const tens = await all(history, 1)
    expect(tens.map(({ at }) => (at - start) / 1_000)).toEqual(Array.from({ length: 20 }, (_, n) => n * 10))
    expect(tens[3]!.values[0]).toBe(34.5)
    expect(await all(history, 2)).toHaveLength(3)
    expect(await history.samples(ref, { level: 0, from: start + 100_000, to: start + 101_000 })).toHaveLength(2)
    await history.close()
  })

  it('comes back after a restart with all that was gathered, and goes on', async () => {
    const first = await open()
    for (let second = 0; second < 100; second += 1) first.append(ref, sampleAt(second, second))
    await first.mark(ref, { at: start + 5, kind: 'reset', label: 'began anew' })
    await first.close()
    const second = await open()
    for (let at = 200; at < 330; at += 1) second.append(ref, sampleAt(at, at))
    await second.settle()
    const seconds = (await all(second, 0)).map(({ at }) => (at - start) / 1_000)
    expect(seconds).toHaveLength(230)
    expect(seconds).not.toContain(150)
    expect(await second.marks(ref, { from: 0, to: start + 10 })).toEqual([
      { at: start + 5, kind: 'reset', label: 'began anew' },
    ])
    await second.close()
  })

  it('lets each level go when its time is over', async () => {
    const clock = manualClock(start)
    const history = await open(clock)
    for (let second = 0; second < 120; second += 1) history.append(ref, sampleAt(second, 1))
    await history.settle()
    await clock.advance(2 * 3_600_000)
    await history.settle()
    expect(await all(history, 0)).toEqual([])
    expect((await all(history, 1)).length).toBeGreaterThan(5)
    await clock.advance(25 * 3_600_000)
    await history.settle()
    expect((await all(history, 1)).length).toBeLessThan(2)
    expect((await all(history, 2)).length).toBeGreaterThan(0)
    await history.close()
  })

  it('says when nothing can be kept, and does not stand in the way', async () => {
    const notices: string[] = []
    const history = await openHistory({
      path: join(folder, 'absent', 'samples.db'),
      notice: (words) => notices.push(words),
    })
    expect(history).toBeUndefined()
    expect(notices[0]).toContain('not kept')

    const database = await openDatabase(join(folder, 'samples.db'), start)
    const closed = new History(database, manualClock(start))
    await database.close()
    for (let second = 0; second < 60; second += 1) closed.append(ref, sampleAt(second, 1))
    await closed.settle()
    expect(closed.trouble).toContain('not kept')
  })

  it('forgets an environment', async () => {
    const history = await open()
    for (let second = 0; second < 60; second += 1) history.append(ref, sampleAt(second, 1))
    await history.settle()
    await history.forget('e')
    expect(await all(history, 0)).toEqual([])
    await history.close()
  })
})
