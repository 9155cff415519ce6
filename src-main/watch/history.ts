import type { Mark, Sample } from '@shared/model/sample'
import { type Clock, systemClock } from '../runtime/clock'
import { type Database, openDatabase } from '../storage/database'
import { blockSize, packBlock, unpackBlock } from './block'
import { levels, Steps } from './compact'

export interface HistoryOptions {
  readonly path: string
  /** Told when an older file could not be used, or when none can be written at all. */
  readonly notice: (words: string) => void
  readonly clock?: Clock
}

/** undefined when the file can be neither read nor begun: the console then watches without keeping. */
export async function openHistory({ path, notice, clock = systemClock }: HistoryOptions): Promise<History | undefined> {
  try {
    const database = await openDatabase(path, clock.now())
    if (database.notice !== null) notice(database.notice)
    return new History(database, clock)
  } catch (error) {
    notice(wordsOf(error))
    return undefined
  }
}

/** Blocks packed in one call of `settle`: some 2 ms of this thread's time. */
const blocksAtOnce = 60

/** One in so many of the blocks that are due is saved in one call of `settle`, in several steps where these are many. */
const dueShare = 20

/** Half-filled coarse blocks are saved with every fifth block of the finest level: packing is what costs most here. */
const coarseEvery = 5

const sweepEveryMs = 10 * 60_000

interface QueueRef {
  readonly environmentId: string
  readonly queueKey: string
}

/** What one queue has not yet handed to the database, per level. */
interface Unsaved {
  readonly ref: QueueRef
  readonly open: Sample[][]
  readonly steps: readonly Steps[]
  touchedAt: number
  /** Blocks of the finest level so far. */
  filled: number
}

/**
 * Samples at rest: a row per queue, level and up to 60 samples. What is not full yet stays in memory and is part of every
 * answer; a crash loses at most the last minute of the finest level and the last five of the coarser ones. Writing is spread over ticks, so that a thousand queues never save in one.
 */
export class History {
  private readonly unsaved = new Map<string, Unsaved>()
  private readonly due: { readonly ref: QueueRef; readonly level: number; readonly samples: readonly Sample[] }[] = []
  private readonly ids = new Map<string, Promise<number>>()
  private sweptAt = 0
  private settling: Promise<void> | undefined
  /** Why samples are not kept at the moment, in words. */
  trouble: string | null = null

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  append(ref: QueueRef, sample: Sample): void {
    const own = this.unsavedOf(ref)
    own.touchedAt = this.clock.elapsed()
    own.open[0]!.push(sample)
    for (const [index, steps] of own.steps.entries()) {
      const finished = steps.add(sample)
      if (finished) this.add(own, index + 1, finished)
    }
    if (own.open[0]!.length < blockSize) return
    this.due.push({ ref, level: 0, samples: own.open[0]! })
    own.open[0] = []
    own.filled += 1
    if (own.filled % coarseEvery !== 0) return
    for (const [level, samples] of own.open.entries()) {
      if (samples.length > 0) this.due.push({ ref, level, samples: [...samples] })
    }
  }

  /**
   * Saves some of what is due; called after every tick, and nothing waits for it. One at a time. Never rejects: what cannot
   * be saved is dropped, and `trouble` says so.
   */
  settle(): Promise<void> {
    this.settling ??= this.saveSome().finally(() => {
      this.settling = undefined
    })
    return this.settling
  }

  /** Everything, down to half-filled blocks. */
  async close(): Promise<void> {
    await this.settling
    for (const own of this.unsaved.values()) this.finish(own)
    this.unsaved.clear()
    while (this.due.length > 0) await this.save(this.due.splice(0, blocksAtOnce))
    await this.database.close()
  }

  /** One queue's samples of one level, oldest first, saved or not. */
  async samples(ref: QueueRef, range: { level: number; from: number; to: number }): Promise<readonly Sample[]> {
    const { level, from, to } = range
    const rows = await this.database.all(
      'SELECT start, n, packed FROM block WHERE series = ? AND level = ? AND stop >= ? AND start <= ? ORDER BY start',
      [await this.seriesId(ref), level, from, to],
    )
    const byTime = new Map<number, Sample>()
    const put = (samples: readonly Sample[]) => {
      for (const sample of samples) if (sample.at >= from && sample.at <= to) byTime.set(sample.at, sample)
    }
    for (const { start, n, packed } of rows) {
      if (packed instanceof Uint8Array) put(unpackBlock(packed, { start: Number(start), n: Number(n) }))
    }
    for (const block of this.due) if (block.level === level && isSame(block.ref, ref)) put(block.samples)
    put(this.unsaved.get(nameOf(ref))?.open[level] ?? [])
    return [...byTime.values()].sort((a, b) => a.at - b.at)
  }

  async mark(ref: QueueRef, { at, kind, label }: Mark): Promise<void> {
    try {
      await this.database.run('INSERT INTO mark (series, at, kind, label) VALUES (?, ?, ?, ?)', [
        await this.seriesId(ref),
        at,
        kind,
        label,
      ])
    } catch (error) {
      this.trouble = wordsOf(error)
    }
  }

  async marks(ref: QueueRef, { from, to }: { from: number; to: number }): Promise<readonly Mark[]> {
    const rows = await this.database.all(
      'SELECT at, kind, label FROM mark WHERE series = ? AND at BETWEEN ? AND ? ORDER BY at',
      [await this.seriesId(ref), from, to],
    )
    return rows.flatMap(({ at, kind, label }) => {
      const known = markKinds.find((each) => each === kind)
      return known ? [{ at: Number(at), kind: known, label: String(label) }] : []
    })
  }

  /** A removed environment takes its history along. */
  async forget(environmentId: string): Promise<void> {
    for (const [name, { ref }] of this.unsaved) if (ref.environmentId === environmentId) this.unsaved.delete(name)
    const ofIt = 'series IN (SELECT id FROM series WHERE environment = ?)'
    await this.database.write([
      { sql: `DELETE FROM block WHERE ${ofIt}`, params: [environmentId] },
      { sql: `DELETE FROM mark WHERE ${ofIt}`, params: [environmentId] },
      { sql: 'DELETE FROM series WHERE environment = ?', params: [environmentId] },
    ])
    this.ids.clear()
  }

  /** Everything that is gathered becomes due, full or not. */
  private finish(own: Unsaved): void {
    for (const [index, steps] of own.steps.entries()) {
      const last = steps.close()
      if (last) this.add(own, index + 1, last)
    }
    for (const [level, samples] of own.open.entries()) {
      if (samples.length > 0) this.due.push({ ref: own.ref, level, samples })
    }
  }

  private add(own: Unsaved, level: number, sample: Sample): void {
    const samples = own.open[level]!
    samples.push(sample)
    if (samples.length < blockSize) return
    this.due.push({ ref: own.ref, level, samples })
    own.open[level] = []
  }

  private unsavedOf(ref: QueueRef): Unsaved {
    const known = this.unsaved.get(nameOf(ref))
    if (known) return known
    const own: Unsaved = {
      ref,
      open: levels.map(() => []),
      steps: levels.slice(1).map(({ stepMs }) => new Steps(stepMs)),
      touchedAt: this.clock.elapsed(),
      filled: 0,
    }
    this.unsaved.set(nameOf(ref), own)
    return own
  }

  private async saveSome(): Promise<void> {
    // A part of what is due, however many queues fill their blocks in one tick: nothing piles up.
    for (let left = Math.max(1, this.due.length / dueShare); left > 0; left -= blocksAtOnce)
      await this.save(this.due.splice(0, blocksAtOnce))
    if (this.clock.elapsed() - this.sweptAt >= sweepEveryMs) await this.sweep()
  }

  private async save(blocks: typeof this.due): Promise<void> {
    if (blocks.length === 0) return
    try {
      const ids = await Promise.all(blocks.map(({ ref }) => this.seriesId(ref)))
      await this.database.write(
        blocks.map(({ level, samples }, index) => ({
          // A coarse block is saved again and again while it fills, always under its first sample's time.
          sql: 'INSERT OR REPLACE INTO block (series, level, start, stop, n, packed) VALUES (?, ?, ?, ?, ?, ?)',
          params: [ids[index]!, level, samples[0]!.at, samples.at(-1)!.at, samples.length, packBlock(samples)],
        })),
      )
      this.trouble = null
    } catch (error) {
      this.trouble = wordsOf(error)
    }
  }

  private async sweep(): Promise<void> {
    this.sweptAt = this.clock.elapsed()
    // Queues that are sampled no more would keep their last block in memory for ever.
    for (const [name, own] of this.unsaved) {
      if (this.sweptAt - own.touchedAt < sweepEveryMs) continue
      this.finish(own)
      this.unsaved.delete(name)
    }
    await this.save(this.due.splice(0))
    const now = this.clock.now()
    try {
      await this.database.write([
        ...levels.map(({ keepMs }, level) => ({
          sql: 'DELETE FROM block WHERE level = ? AND stop < ?',
          params: [level, now - keepMs],
        })),
        { sql: 'DELETE FROM mark WHERE at < ?', params: [now - levels.at(-1)!.keepMs] },
      ])
    } catch (error) {
      this.trouble = wordsOf(error)
    }
  }

  private seriesId(ref: QueueRef): Promise<number> {
    const name = nameOf(ref)
    const known = this.ids.get(name)
    if (known !== undefined) return known
    const params = [ref.environmentId, ref.queueKey]
    const id = this.database
      .run('INSERT OR IGNORE INTO series (environment, queue) VALUES (?, ?)', params)
      .then(() => this.database.get('SELECT id FROM series WHERE environment = ? AND queue = ?', params))
      .then((row) => Number(row!.id))
    this.ids.set(name, id)
    id.catch(() => this.ids.delete(name))
    return id
  }
}

const markKinds: readonly Mark['kind'][] = ['reset', 'replay', 'purge', 'restart']

const nameOf = ({ environmentId, queueKey }: QueueRef) => `${environmentId} ${queueKey}`
const isSame = (a: QueueRef, b: QueueRef) => a.environmentId === b.environmentId && a.queueKey === b.queueKey
const wordsOf = (error: unknown) =>
  `Samples are not kept: ${error instanceof Error ? error.message : 'the database failed'}`
