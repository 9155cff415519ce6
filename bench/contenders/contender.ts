import type { Bench } from '../scenario'

/** A queue library on the bench's Redis, at the settings that its own documentation calls fast, and nothing kept of what is done. */
export interface Contender {
  readonly name: string
  open(bench: Bench, queue: string): Promise<Opened>
}

export interface Opened {
  /** One call for all, where the library has one. */
  enqueueBatch(bodies: readonly unknown[]): Promise<unknown>
  enqueue(body: unknown): Promise<unknown>
  /** Starts a worker whose handler does nothing but call `started`. */
  work(concurrency: number, started: (body: unknown) => void): Promise<void>
  close(): Promise<void>
}
