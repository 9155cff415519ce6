import type { MessageError } from '@shared/model/message'
import type { Message } from './message'

export interface WorkerEvents {
  readonly leased: { readonly messages: readonly Message[] }
  /** The broker has taken the ack. */
  readonly acked: Processed & { readonly message: Message }
  /** The broker has taken the nack: it is tried again. */
  readonly failed: { readonly message: Message; readonly error: MessageError; readonly retryInMs: number }
  readonly dead: { readonly message: Message; readonly error: MessageError }
  /** The lease ran out, or somebody took it: these handlers' work counts no more. */
  readonly leaseLost: { readonly messages: readonly Message[] }
  /** Nothing is ready, and no handler runs. */
  readonly idle: Readonly<Record<never, never>>
  /** Trouble with the broker, or a listener that threw. */
  readonly error: { readonly error: unknown }
}

export interface Processed {
  /** What the handler answered. */
  readonly result: unknown
  /** Lease to the end of the handler. */
  readonly runMs: number
  /** Enqueue to lease, by the broker's clock. */
  readonly waitMs: number
}

export interface WorkerHooks {
  /** A handler's failure (with its message), or trouble with the broker (without); default: nothing is told. */
  readonly onError?: (error: unknown, message: Message | undefined) => void
  /** The broker has taken the ack. */
  readonly onProcessed?: (message: Message, processed: Processed) => void
}

type Listener<Event> = (event: Event) => void

/** Told only to those who listen: `hears` is asked before anything is made for an event. */
export class EventSource<Events> {
  private readonly listeners: { [Name in keyof Events]?: Set<Listener<Events[Name]>> } = {}

  constructor(private readonly threw: (error: unknown) => void) {}

  /** The answer ends it; ending twice is harmless. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const own = this.listeners[name] ?? new Set()
    this.listeners[name] = own
    own.add(listener)
    return () => void own.delete(listener)
  }

  hears(name: keyof Events): boolean {
    const own = this.listeners[name]
    return own !== undefined && own.size > 0
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    const own = this.listeners[name]
    if (own === undefined) return
    for (const listener of [...own]) {
      try {
        listener(event)
      } catch (error) {
        this.threw(error)
      }
    }
  }
}
