import type { Failure } from '@shared/failure'
import type { ChannelName, TailPiece } from '@shared/model/tail'
import type { Finder } from './finder'
import type { Remedies } from './remedies'

/** One open way to a broker: everything that can be read or mended through it, until it is lost or closed. */
export interface Connection {
  /** "Redis 7.0.15". */
  readonly server: string
  /** Endpoint, database and run id: a restart or failover changes it. */
  readonly identity: string
  readonly notices: readonly string[]
  /** Why the broker takes nothing in at the moment, in words; absent where no broker of the kind stops so. */
  readonly alarms?: readonly string[]
  readonly layouts: readonly Remedies[]
  readonly finder: Finder
  /** Requests that looking has cost so far, where they are billed. */
  readonly bill?: () => { readonly requests: number; readonly perDay: number; readonly dollarsPerMonth: number }
  /** What is published on a channel from now on; ends with the signal. Where the broker has channels. */
  readonly tailChannel?: (channel: ChannelName, signal: AbortSignal) => AsyncIterable<TailPiece>
  onLost(listener: (trouble: Failure) => void): void
  close(): Promise<void>
}
