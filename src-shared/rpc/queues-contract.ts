import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { Capabilities } from '../model/capability'
import { ConsumerGroup, PendingPage } from '../model/consumer-group'
import { DetailSection } from '../model/details'
import { GroupPage } from '../model/group'
import { QueueInfo } from '../model/queue'
import { Sample, Series, Values } from '../model/sample'
import { QueueSchedule } from '../model/schedule'
import { TailPiece } from '../model/tail'
import { EnvironmentRef, QueueRef, read, write } from './procedure'

/**
 * The live feed of one environment: one snapshot, then ticks that hold only what changed. A slow reader skips ticks,
 * it never piles them up; what it gets next is always the newest. `trends` are the last 60 depths, oldest first.
 */
export const FeedEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('snapshot'),
    at: z.number(),
    queues: z.array(QueueInfo),
    samples: z.record(z.string(), Sample),
    trends: z.record(z.string(), Values),
  }),
  z.object({
    type: z.literal('tick'),
    at: z.number(),
    /** Added or changed facts. */
    queues: z.array(QueueInfo),
    removed: z.array(z.string()),
    /** Every queue that was sampled at `at`, whether or not its values changed, unless it stands in `unchanged`. */
    samples: z.record(z.string(), Values),
    /** Sampled at `at` with the same values as before. */
    unchanged: z.array(z.string()),
  }),
])
export type FeedEvent = z.infer<typeof FeedEvent>

/** Epoch milliseconds that a clock can show: what lies beyond makes a span that has no step. */
const Instant = z.number().min(0).max(8.64e15)

export const queuesContract = {
  feed: read.input(EnvironmentRef).output(eventIterator(FeedEvent)),
  /** `points` bounds the answer; the step is chosen from the levels at rest. Times are epoch milliseconds. */
  history: read
    .input(QueueRef.extend({ from: Instant, to: Instant, points: z.number().int().min(10).max(2000) }))
    .output(Series),
  capabilities: read.input(QueueRef).output(Capabilities),
  /** null: this layout has none, or cannot say. */
  schedules: read.input(QueueRef).output(z.array(QueueSchedule).nullable()),
  /** null: this layout has none, or cannot say. */
  groups: read
    .input(QueueRef.extend({ cursor: z.string().max(8192).nullable(), limit: z.number().int().min(1).max(200) }))
    .output(GroupPage.nullable()),
  /** null: this layout has none. */
  details: read.input(QueueRef).output(z.array(DetailSection).nullable()),
  /** A stream's consumer groups; null: this is no stream. */
  consumerGroups: read.input(QueueRef).output(z.array(ConsumerGroup).nullable()),
  /** Lag (as ready) and pending (as leased) of one group over time, as `history` tells a queue's. */
  groupHistory: read
    .input(
      QueueRef.extend({
        group: z.string().min(1).max(4096),
        from: Instant,
        to: Instant,
        points: z.number().int().min(10).max(2000),
      }),
    )
    .output(Series),
  pendingEntries: read
    .input(
      QueueRef.extend({
        group: z.string().min(1).max(4096),
        consumer: z.string().max(4096).nullable(),
        cursor: z.string().max(8192).nullable(),
        limit: z.number().int().min(1).max(200),
      }),
    )
    .output(PendingPage),
  /** What arrives from now on; a slow reader misses some and is told how many. Refused where a queue cannot be tailed. */
  tail: read.input(QueueRef.extend({ recent: z.number().int().min(0).max(1000) })).output(eventIterator(TailPiece)),
  pause: write.input(QueueRef).output(z.object({})),
  resume: write.input(QueueRef).output(z.object({})),
}
