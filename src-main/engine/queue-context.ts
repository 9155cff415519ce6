import type { Driver } from '../brokers/driver'
import type { Clock } from '../runtime/clock'
import type { QueueMeter } from './meter'
import type { QueueRules } from './queue-config'
import type { Tracing } from './tracing'

/** What every part of one queue works with. */
export interface QueueContext {
  readonly name: string
  readonly driver: Driver
  readonly clock: Clock
  readonly rules: QueueRules
  /** undefined: nobody measures. */
  readonly meter: QueueMeter | undefined
  /** undefined: nobody traces. */
  readonly tracing: Tracing | undefined
  /** Throws a Failure while this broker must not be written to. */
  mayWrite(): void
  /** Sees to it that the loops that a worked queue needs are running. */
  tend(): void
  /** A child of some parent was acked: its parent should hear of it soon. */
  childDone(): void
  /** This process has put a schedule: its scheduler should look. */
  scheduleChanged(): void
  /** Trouble that no caller waits for. */
  report(error: unknown): void
}
