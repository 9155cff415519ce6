import type { MessageState } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { Found, Reader } from '../reader'
import type { Remedies } from '../remedies'
import type { WriteWatch } from './write-watch'

/**
 * One system on a real broker, with its real producer and its real worker: what the conformance suite needs of it. A stage is
 * started once for a whole suite; `scene` begins anew for each test.
 */
export interface AdapterStage {
  /** "Sidekiq 6.4.1". */
  readonly name: string
  /** The adapter as a privileged user sees it. */
  readonly adapter: Remedies
  /**
   * The same under a user who may only read, where the broker has users: on Redis `+@read +scan +info +ping` (and +auth,
   * +hello, +client|setname as any connection needs). Must answer every question alike. null where there are none.
   */
  readonly reading: Remedies | null
  /** All queues that `reader` finds: its lists, and on Redis the shared walk over the keys. */
  discover(reader: Reader): Promise<readonly Found[]>
  /** Everything of the scene before is gone; the real producer then makes messages in every state that it knows. */
  scene(): Promise<AdapterScene>
  stop(): Promise<void>
}

type Counts = Readonly<Partial<Record<MessageState, number>>>

export interface QueueTruth {
  readonly queue: QueueAddress
  readonly counts: Counts
  /** Rows that there are to page through, where a look hides what it shows from the counts; default: the counts. */
  readonly seen?: Counts
}

export interface AdapterScene {
  /** What the system's own API says of its queues: the figures must agree. A count that its API cannot tell is absent. */
  truth(): Promise<readonly QueueTruth[]>
  /** Where one message in each state that exists here stands, by its own id, with the exact bytes of its body. */
  readonly samples: readonly SampleMessage[]
  /** The queue whose dead letters are mended; has at least five of them, all of which fail for the same reason. */
  readonly mended: QueueAddress | null
  /** The real worker, until what is ready in `queue` has been worked on; answers the body of each message that it was given, in order. */
  work?(queue: QueueAddress): Promise<readonly string[]>
  /** A new body that the real worker can work on, made by changing one value in the text of the old. */
  edited?(body: string): string
  /** A body for a message that is sent from here, and the name that goes with it. */
  readonly outgoing?: {
    readonly name: string | null
    readonly body: string
    /** Where it is sent, and worked on; default: `mended`. For systems that keep dead letters in a queue of their own. */
    readonly queue?: QueueAddress
  }
  /** What the worker must be given for it, as `work` answers it; default: the body itself. */
  readonly received?: string
  /** Puts something else where the queue's main key stands: it must be unreadable in words, and the others readable. */
  spoil?(queue: QueueAddress): Promise<void>
  /**
   * Looks at the queue again, in systems that show only what was looked at, where what is edited or put back is a new message with an
   * id of its own. Rejects when the queue is not there.
   */
  lookAnew?(queue: QueueAddress): Promise<void>
  /** Takes the whole queue away under the eyes of the reader. */
  vanish?(queue: QueueAddress): Promise<void>
  /** Counts commands that write; absent where the broker cannot tell. */
  readonly writes?: WriteWatch
}

export interface SampleMessage {
  readonly queue: QueueAddress
  readonly state: MessageState
  readonly id: string
  readonly body: string
  /** Of a dead letter: a piece of the error's message, and of its stack where the system keeps one. */
  readonly error?: { readonly message: string; readonly stack: string | null }
  /** What the row must show; absent: the system does not tell. */
  readonly attempts?: number
  readonly name?: string
}
