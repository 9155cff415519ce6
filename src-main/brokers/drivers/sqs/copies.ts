import type { MessageError } from '@shared/model/message'
import { firstHop } from './delays'
import type { KnownQueue } from './known-queues'
import { layWithin } from './layout'
import { enqueuedAtOf, type Received } from './received'
import type { Outgoing } from './sending'
import { type SideNote, withEvent } from './side-note'

/**
 * A message cannot be changed at SQS: what must change is sent as a copy, and the original deleted afterwards. It is better to
 * have a message twice than to lose it. A copy keeps the body's text, the attributes, the group, and the id of the first.
 */
interface CopyPlace {
  readonly queue: KnownQueue
  readonly now: number
}

/** Waits on, for what is left of its delay. */
export const copyToWait = (received: Received, place: CopyPlace, delayMs: number): Outgoing =>
  delayed(received, place, delayMs, received.note)

/** The attempts so far go along, since a copy begins with none. */
export const copyToRetry = (received: Received, place: CopyPlace, delayMs: number, attempt: number): Outgoing =>
  delayed(received, place, delayMs, { ...received.note, spent: attempt })

export interface Death {
  readonly error: MessageError
  readonly attempts: number
  readonly stamp: number
  /** The engine's queue. */
  readonly from: string
}

/** For the dead-letter queue. When the whole story is too long for what the body leaves of the limit, it is cut from its end. */
export function copyToBury(received: Received, { queue, now }: CopyPlace, death: Death): Outgoing {
  const { error, attempts, stamp, from } = death
  const known = { ...kept(received), due: undefined, spent: undefined }
  const history = withEvent(known, {
    at: now,
    event: 'died',
    detail: `${error.name}: ${cut(error.message, 300)}`,
    attempt: attempts,
  })
  const told = { ...known, attempts, died: stamp, from }
  const shortStack = { ...error, message: cut(error.message, 2_000), stack: error.stack && cut(error.stack, 4_000) }
  const noStack = { ...error, message: cut(error.message, 300), stack: null }
  return sent(
    received,
    [
      { ...told, error, history },
      { ...told, error: shortStack, history },
      { ...told, error: noStack, history: history.slice(-1) },
      { ...told, error: { ...noStack, message: cut(error.message, 40) } },
      told,
      received.note,
    ],
    queue,
  )
}

/** Back to the queue that it died in: fresh attempts, its history, and one replay more. */
export function copyToReplay(received: Received, { queue, now }: CopyPlace): Outgoing {
  const { error: _error, attempts: _attempts, died: _died, from: _from, ...note } = kept(received)
  const replays = (note.replays ?? 0) + 1
  const history = withEvent(note, { at: now, event: 'replayed', detail: null, attempt: null })
  const told = { ...note, replays, spent: undefined, due: undefined }
  return sent(received, [{ ...told, history }, { ...told, history: undefined }, received.note], queue)
}

function delayed(received: Received, { queue, now }: CopyPlace, delayMs: number, note: SideNote): Outgoing {
  const { delaySeconds, due } = firstHop(delayMs, now, queue.retentionMs)
  const told = { ...note, ...idOf(received), due }
  return { ...sent(received, [told, { ...told, history: undefined }], queue), delaySeconds }
}

const idOf = (received: Received) => ({ id: received.id, at: enqueuedAtOf(received) })

const kept = (received: Received): SideNote => ({ ...received.note, ...idOf(received) })

const sent = (received: Received, notes: readonly SideNote[], queue: KnownQueue): Outgoing => ({
  laid: layWithin(received.text, received.native, notes, queue.mostBytes),
  ...(queue.fifo ? { groupId: received.groupId } : {}),
  traceHeader: received.traceHeader,
})

const cut = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most)}…`)
