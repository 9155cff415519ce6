import type { Finder } from '../brokers/finder'
import type { Found, Reader } from '../brokers/reader'

/** What watching needs of an environment's connection. Whoever owns the connection opens it, closes it and tells of both. */
export interface WatchedEnvironment {
  readonly id: string
  /** undefined while there is no connection. */
  readers(): readonly Reader[] | undefined
  finder(): Finder | undefined
  /** What was found when the environment was open last; looked at before anything is looked for. Absent: nothing is remembered. */
  readonly memory?: FoundMemory
  /** Called when the connection is lost or back; answers how to stop listening. */
  onChange(listener: () => void): () => void
}

/** Keeps over a start which queues there were, so that they show at once while millions of keys are walked. */
export interface FoundMemory {
  recall(): Promise<readonly Found[]>
  keep(found: readonly Found[]): Promise<void>
}
