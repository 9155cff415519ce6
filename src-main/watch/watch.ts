import { isFailure } from '@shared/failure'
import type { Layout } from '@shared/model/queue'
import type { Mark, Sample, Series } from '@shared/model/sample'
import type { FeedEvent } from '@shared/rpc/queues-contract'
import type { Clock } from '../runtime/clock'
import type { Log } from '../runtime/log'
import { downsample, levelFor, levels } from './compact'
import { EnvironmentWatch, type WatchStatus } from './environment-watch'
import { Feed } from './feed'
import { hasGaps, withRecord } from './gaps'
import type { History } from './history'
import type { WatchedEnvironment } from './watched-environment'

export interface WatchOptions {
  readonly clock: Clock
  /** undefined: nothing is kept beyond the last ten minutes. */
  readonly history?: History | undefined
  /** For bugs in the watching itself; a connection that is lost during a tick is none. */
  readonly log?: Log
}

/** The marks of one queue that stay in memory where there is no history. */
const marksKept = 200

/**
 * Watches environments: finds their queues, samples them, keeps the samples and tells subscribers. When a broker is lost
 * the last samples stay with their time, and nothing is made up for the time between.
 */
export class Watch {
  private readonly environments = new Map<string, EnvironmentWatch>()
  private readonly feeds = new Map<string, Feed>()
  private readonly listeners = new Set<(environmentId: string) => void>()
  private readonly marks = new Map<string, Mark[]>()

  constructor(private readonly options: WatchOptions) {}

  /** Begins to watch; harmless twice. */
  attach(environment: WatchedEnvironment): void {
    const { id } = environment
    if (this.environments.has(id)) return
    const { clock, history, log } = this.options
    const watched = new EnvironmentWatch({
      environment,
      clock,
      history,
      onError: (error) => {
        if (!isFailure(error)) log?.error('watching failed', error)
      },
      publish: (tick) => this.feeds.get(id)?.publish(tick),
      onStatus: () => this.tellStatus(id),
      onMark: (queueKey, mark) => this.mark(id, queueKey, mark),
    })
    this.environments.set(id, watched)
    watched.start()
  }

  /** Ends what attach began; subscribers see the queues go. */
  async detach(environmentId: string): Promise<void> {
    const watched = this.environments.get(environmentId)
    if (!watched) return
    this.environments.delete(environmentId)
    await watched.stop()
    this.feeds.get(environmentId)?.publish({
      at: this.options.clock.now(),
      queues: new Map(),
      removed: new Set(watched.keys),
      samples: new Map(),
      unchanged: new Set(),
    })
    this.tellStatus(environmentId)
  }

  /** Detaches everything and saves what is not saved yet. */
  async close(): Promise<void> {
    await Promise.all([...this.environments.keys()].map((id) => this.detach(id)))
    await this.options.history?.close()
  }

  /** A snapshot and then ticks, also before the environment is attached; ends with the signal. */
  async *feed(environmentId: string, signal: AbortSignal): AsyncGenerator<FeedEvent, void, void> {
    const known = this.feeds.get(environmentId)
    const feed = known ?? new Feed(() => this.snapshot(environmentId))
    this.feeds.set(environmentId, feed)
    yield* feed.subscribe(signal)
  }

  /** The samples of one queue, or of a group by its groupSeriesKey, between two times, at most about `points` of them; the step follows from that. */
  async series(
    environmentId: string,
    queueKey: string,
    { from, to, points }: { readonly from: number; readonly to: number; readonly points: number },
  ): Promise<Series> {
    const { history, clock } = this.options
    const ref = { environmentId, queueKey }
    const wantedMs = Math.max(1, to - from) / points
    const level = levelFor({ from, stepMs: wantedMs, now: clock.now() })
    const levelStepMs = levels[level]!.stepMs
    const stepMs = Math.ceil(wantedMs / levelStepMs) * levelStepMs
    const recent = this.environments.get(environmentId)?.recent(queueKey)?.samples(from, to) ?? []
    const rested = history ? await history.samples(ref, { level, from, to }) : []
    const own = thin(joined(rested, recent, levelStepMs), stepMs, levels[0]!.stepMs)
    const samples = await this.filled(ref, own, { from, to, stepMs })
    const marks = history ? await history.marks(ref, { from, to }) : this.marksBetween(ref, from, to)
    return { stepMs, samples: samples.map((sample) => ({ ...sample, values: [...sample.values] })), marks: [...marks] }
  }

  /** Looks for queues again now; nothing happens where nothing is attached. */
  lookAgain(environmentId: string): void {
    this.environments.get(environmentId)?.lookAgain()
  }

  /** undefined: not attached. */
  status(environmentId: string): WatchStatus | undefined {
    return this.environments.get(environmentId)?.status()
  }

  /** Dead letters per queue as of the last sample; null: unknown. */
  dead(environmentId: string): readonly { readonly key: string; readonly dead: number | null }[] {
    return this.environments.get(environmentId)?.dead() ?? []
  }

  /** The layouts of which queues are known. */
  layouts(environmentId: string): ReadonlySet<Layout> {
    return this.environments.get(environmentId)?.layouts() ?? new Set()
  }

  mark(environmentId: string, queueKey: string, mark: Mark): void {
    const { history } = this.options
    if (history) {
      void history.mark({ environmentId, queueKey }, mark)
      return
    }
    const name = `${environmentId} ${queueKey}`
    this.marks.set(name, [...(this.marks.get(name) ?? []), mark].slice(-marksKept))
  }

  onStatus(listener: (environmentId: string) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** With what the broker itself kept of the times at which nobody watched from here. */
  private async filled(
    { environmentId, queueKey }: { readonly environmentId: string; readonly queueKey: string },
    own: readonly Sample[],
    span: { readonly from: number; readonly to: number; readonly stepMs: number },
  ): Promise<readonly Sample[]> {
    const watched = this.environments.get(environmentId)
    if (!watched) return own
    const stepMs = Math.max(span.stepMs, watched.status().sampleEveryMs)
    if (!hasGaps(own, { ...span, stepMs })) return own
    return withRecord(own, await watched.record(queueKey, span))
  }

  private tellStatus(environmentId: string): void {
    for (const listener of this.listeners) listener(environmentId)
  }

  private snapshot(environmentId: string) {
    return (
      this.environments.get(environmentId)?.snapshot() ?? {
        type: 'snapshot' as const,
        at: this.options.clock.now(),
        queues: [],
        samples: {},
        trends: {},
      }
    )
  }

  private marksBetween(
    { environmentId, queueKey }: { environmentId: string; queueKey: string },
    from: number,
    to: number,
  ) {
    const marks = this.marks.get(`${environmentId} ${queueKey}`) ?? []
    return marks.filter(({ at }) => at >= from && at <= to)
  }
}

/** Pure: samples at rest, then the recent ones that are newer; both in order. */
export function joined(rested: readonly Sample[], recent: readonly Sample[], restedStepMs: number): readonly Sample[] {
  const last = rested.at(-1)
  if (!last) return recent
  const covered = restedStepMs > levels[0]!.stepMs ? last.at + restedStepMs - 1 : last.at
  return [...rested, ...recent.filter((sample) => sample.at > covered)]
}

/** Pure: as they are where no coarser step is asked for; means per step else. */
const thin = (samples: readonly Sample[], stepMs: number, finestMs: number): readonly Sample[] =>
  stepMs <= finestMs ? samples : downsample(samples, stepMs)
