import type { Reader } from '../brokers/reader'

/** What watching needs of an environment's connection. Whoever owns the connection opens it, closes it and tells of both. */
export interface WatchedEnvironment {
  readonly id: string
  /** undefined while there is no connection. */
  readers(): readonly Reader[] | undefined
  /** Called when the connection is lost or back; answers how to stop listening. */
  onChange(listener: () => void): () => void
}
