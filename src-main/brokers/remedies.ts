import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { Acts } from './acts'
import type { Reader } from './reader'

/**
 * The second rung: what may be mended. Each call takes at most 1,000 ids, changes every message in one atomic step of
 * its own, compares before it moves (a message that is not in the state named is left alone), and answers item by item
 * in the order given. No call is resent when its answer is lost: those items are 'unknown'. Only safety/guard calls these.
 */
export interface Remedies extends Reader {
  /** Every byte needed to put the messages back as they are. Items that are gone are left out. Order is kept. */
  snapshot(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly Snapshot[]>

  /** dead becomes ready, at its origin, keeping id, priority and history. */
  replay(queue: QueueAddress, ids: readonly string[]): Promise<readonly ItemOutcome[]>

  /** A new body for one message; refused as 'changed' when the body's sha-256 is no longer `expectedDigest`. */
  edit(queue: QueueAddress, edit: Edit): Promise<ItemOutcome>

  /** Both in one step, where a message that was edited could not be found again by its id. Absent: edit, then replay. */
  replayEdited?(queue: QueueAddress, edit: Edit): Promise<ItemOutcome>

  remove(queue: QueueAddress, state: MessageState, ids: readonly string[]): Promise<readonly ItemOutcome[]>

  /** Puts snapshots back byte for byte, each in the state it was taken from; 'changed' when the id is in use again. */
  restore(queue: QueueAddress, snapshots: readonly Snapshot[]): Promise<readonly ItemOutcome[]>

  /** Adds messages; answers their ids. */
  send(queue: QueueAddress, messages: readonly Outgoing[]): Promise<readonly string[]>

  pause(queue: QueueAddress): Promise<void>
  resume(queue: QueueAddress): Promise<void>

  /** What this system offers besides. */
  readonly acts?: Acts

  /** Gives back what is held; the client is the caller's. Absent: nothing is. */
  close?(): Promise<void>
}

export type ItemOutcome =
  | { readonly id: string; readonly outcome: 'applied' }
  /** Not there any more, or no longer in the state that was meant. */
  | { readonly id: string; readonly outcome: 'gone' }
  | { readonly id: string; readonly outcome: 'changed'; readonly reason: string }
  | { readonly id: string; readonly outcome: 'failed'; readonly reason: string }
  /** Sent, but the answer was lost. */
  | { readonly id: string; readonly outcome: 'unknown'; readonly reason: string }

export interface Edit {
  readonly id: string
  readonly state: MessageState
  readonly body: Uint8Array
  /** sha-256, hex, of the body that the editor saw. */
  readonly expectedDigest: string
}

/** One message as bytes: the fields' meaning belongs to the layout that took it. `body` is among them by its own name. */
export interface Snapshot {
  readonly id: string
  readonly state: MessageState
  /** Where the message stood in its state (a sorted set's score, "" for lists). */
  readonly place: string
  readonly body: Uint8Array
  /** Everything else, name to bytes. */
  readonly fields: Readonly<Record<string, Uint8Array>>
}

export interface Outgoing {
  readonly name: string | null
  readonly body: Uint8Array
  readonly delayMs: number
  readonly priority: number | null
  readonly attributes: Readonly<Record<string, string>>
  /** What only some systems take: group, dedupId, exchange, routingKey. Unknown names are refused by the adapter. */
  readonly options?: Readonly<Record<string, string>>
}
