import { isFailure } from '@shared/failure'
import { layoutFacts } from '@shared/model/known-layouts'
import type { MessageSummary, Selection } from '@shared/model/message'
import type { CommitRequest, PlanAction, PlanKind, Run } from '@shared/model/plan'
import type { QueueAddress } from '@shared/model/queue'
import type { ItemOutcome, Remedies, Snapshot } from '../brokers/remedies'
import { type Clock, pause } from '../runtime/clock'
import type { Archive } from './archive'
import { inBatches } from './batches'
import { applyBatch } from './effect'
import { Outcomes } from './outcomes'
import { Reasons } from './reasons'
import type { StoredRun } from './run-store'
import { walkSelection } from './selection'

export interface RunTaskOptions {
  readonly run: StoredRun
  readonly action: PlanAction
  readonly selection: Selection | null
  readonly commit: CommitRequest
  readonly queue: QueueAddress
  readonly undoing: StoredRun | undefined
  readonly archive: Archive
  readonly clock: Clock
  /** The broker as it is connected now; throws a Failure while it is not. */
  readonly remedies: () => Remedies
  readonly onChange: (run: StoredRun) => void
  /** Before the first batch and after each one; the next waits for it, so that a crash finds on disk what was done. */
  readonly onBatch: (run: StoredRun) => Promise<void>
}

/** Messages a batch at most, and about how many bytes of bodies are in memory at once. */
const batchRows = 500
const batchBytes = 8 * 1024 * 1024
/** How long a canary's outcome is waited for, and how long outcomes are followed after the last batch. Milliseconds. */
const canaryWaitMs = 30_000
const followMs = 10 * 60_000
const askEveryMs = 500
/** A share of few is no share: this many outcomes are needed before a run stops by itself. */
const judgedFrom = 5

/**
 * One committed plan at work.
 *
 * States: archiving (nothing touched yet; a failure here leaves the queue as it was) -> trying (canary out, outcome awaited)
 * -> running <-> paused -> finished | stopped (by a person, by its own judgement, or by a lost broker) | failed.
 * What is in no batch yet is untouched in every state.
 */
export class RunTask {
  private run: StoredRun
  private readonly ending = new AbortController()
  private readonly outcomes: Outcomes
  private readonly reasons = new Reasons()
  private resumeNow: (() => void) | undefined

  constructor(private readonly options: RunTaskOptions) {
    this.run = options.run
    this.outcomes = new Outcomes(options.remedies, options.queue)
  }

  get state(): StoredRun {
    return this.run
  }

  get isOver(): boolean {
    return this.run.phase === 'finished' || this.run.phase === 'stopped' || this.run.phase === 'failed'
  }

  pause(): void {
    if (this.run.phase === 'running' || this.run.phase === 'trying') this.update({ phase: 'paused' })
  }

  resume(): void {
    if (this.run.phase !== 'paused') return
    this.update({ phase: 'running' })
    this.resumeNow?.()
  }

  stop(): void {
    this.ending.abort()
    this.resumeNow?.()
  }

  /** Resolves when the last batch is done (`conclude` then says so); the outcomes are followed beyond that by `follow`. Never rejects. */
  async execute(): Promise<void> {
    try {
      const source = await this.archiveFirst()
      if (!this.ending.signal.aborted) await this.act(source)
      if (!this.isOver)
        this.finish(
          this.ending.signal.aborted ? 'stopped' : 'finished',
          this.ending.signal.aborted ? 'Stopped by hand.' : null,
        )
    } catch (error) {
      const note = isFailure(error)
        ? error.message
        : 'Something went wrong inside the console; its log has the details.'
      this.finish(this.run.done > 0 ? 'stopped' : 'failed', `${note} ${this.run.done} done, the rest untouched.`)
      if (!isFailure(error)) throw error
    }
  }

  /** Tells the world that it has ended: after what came of it was written down. */
  conclude(): void {
    this.update({ finishedAt: this.options.clock.now() })
  }

  /** Goes on asking what became of a replay's messages, at most ten minutes. */
  async follow(signal: AbortSignal): Promise<void> {
    const { clock } = this.options
    const until = clock.elapsed() + followMs
    while (this.outcomes.counts.waiting > 0 && clock.elapsed() < until && (await pause(clock, askEveryMs, signal))) {
      await this.outcomes.refresh().catch(() => {})
      this.update(this.outcomes.counts)
    }
  }

  /** Every byte on disk and read back before anything is touched. Answers whose archive to act from. */
  private async archiveFirst(): Promise<string> {
    const { archive, selection, clock, undoing } = this.options
    if (selection === null) {
      await archive.verify(undoing?.id ?? '')
      return undoing?.id ?? ''
    }
    const writer = await archive.begin(this.run.id)
    try {
      const rows = flatten(walkSelection(this.options.remedies(), this.options.queue, selection, this.ending.signal))
      for await (const batch of inBatches(
        rows,
        { count: () => batchRows, bytes: batchBytes },
        (row) => row.bytes ?? 0,
      )) {
        const snapshots = await this.options.remedies().snapshot(
          this.options.queue,
          selection.state,
          batch.map(({ id }) => id),
        )
        await writer.append(snapshots)
        const kept = new Set(snapshots.map(({ id }) => id))
        this.reasons.add(batch.flatMap(({ id }) => (kept.has(id) ? [] : [{ id, outcome: 'gone' }])))
        this.update({ archived: this.run.archived + snapshots.length })
        if (this.ending.signal.aborted) break
      }
      await writer.finish(clock.now())
      await archive.verify(this.run.id)
      return this.run.id
    } catch (error) {
      await writer.abandon()
      this.run = { ...this.run, archived: 0 }
      throw error
    }
  }

  private async act(source: string): Promise<void> {
    const { commit, action, archive } = this.options
    const isReplay =
      (action.kind === 'replay' || (action.kind === 'edit' && action.thenReplay)) &&
      layoutFacts[this.options.queue.layout].followsReplays !== false
    let canary = isReplay ? commit.canary : 0
    this.update({ phase: canary > 0 ? 'trying' : 'running' })
    await this.options.onBatch(this.run)
    const bounds = { count: () => canary || this.batchSize(), bytes: batchBytes }
    for await (const batch of inBatches(archive.read(source), bounds, (snapshot) => snapshot.body.byteLength)) {
      await this.whilePaused()
      if (this.ending.signal.aborted) return
      const applied = await this.applyBatch(batch)
      await this.options.onBatch(this.run)
      if (isReplay) this.outcomes.add(applied)
      if (canary > 0) {
        canary = 0
        await this.awaitCanary()
      } else if (isReplay) {
        await this.outcomes.refresh()
        this.update(this.outcomes.counts)
      }
      if (isReplay && this.stopsByItself()) return
      if (this.run.phase === 'trying') this.update({ phase: 'running' })
      if (commit.ratePerSecond !== null)
        await pause(this.options.clock, (batch.length / commit.ratePerSecond) * 1000, this.ending.signal)
    }
  }

  private async applyBatch(batch: readonly Snapshot[]): Promise<readonly string[]> {
    const { queue, action, undoing } = this.options
    const context = undoing ? { kind: undoing.kind as PlanKind, editedDigest: undoing.editedDigest } : undefined
    const outcomes = await applyBatch({ remedies: this.options.remedies(), queue, action, undoing: context }, batch)
    this.reasons.add(outcomes)
    this.update(tally(this.run, outcomes))
    return outcomes.filter(({ outcome }) => outcome === 'applied').map(({ id }) => id)
  }

  private async awaitCanary(): Promise<void> {
    const { clock } = this.options
    const until = clock.elapsed() + canaryWaitMs
    do {
      await this.outcomes.refresh()
      this.update(this.outcomes.counts)
    } while (
      this.outcomes.counts.waiting > 0 &&
      clock.elapsed() < until &&
      (await pause(clock, askEveryMs, this.ending.signal))
    )
  }

  private stopsByItself(): boolean {
    const { succeeded, diedAgain } = this.outcomes.counts
    if (succeeded + diedAgain < judgedFrom || this.outcomes.diedShare <= this.options.commit.stopAtShare) return false
    const share = Math.round(this.outcomes.diedShare * 100)
    this.finish(
      'stopped',
      `Stopped by itself: ${share} % of what was replayed died again. ${this.run.done} done, the rest untouched.`,
    )
    return true
  }

  private batchSize(): number {
    const rate = this.options.commit.ratePerSecond
    return rate === null ? batchRows : Math.max(1, Math.min(batchRows, Math.floor(rate / 4)))
  }

  private async whilePaused(): Promise<void> {
    while (this.run.phase === 'paused' && !this.ending.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.resumeNow = resolve
      })
    }
  }

  private finish(phase: Run['phase'], note: string | null): void {
    const undoable = this.run.kind !== 'undo' && this.run.archived > 0 && this.run.done > 0
    const notes = [note, this.reasons.note()].filter((each) => each !== null)
    this.update({ phase, note: notes.length === 0 ? null : notes.join(' '), undoable })
  }

  private update(change: Partial<StoredRun>): void {
    this.run = { ...this.run, ...change }
    this.options.onChange(this.run)
  }
}

async function* flatten(pages: AsyncIterable<readonly MessageSummary[]>): AsyncGenerator<MessageSummary> {
  for await (const page of pages) yield* page
}

function tally(run: StoredRun, outcomes: readonly ItemOutcome[]): Partial<StoredRun> {
  const count = (...kinds: ItemOutcome['outcome'][]) => outcomes.filter(({ outcome }) => kinds.includes(outcome)).length
  return {
    done: run.done + count('applied'),
    skipped: run.skipped + count('gone', 'changed'),
    failed: run.failed + count('failed'),
    unknown: run.unknown + count('unknown'),
  }
}
