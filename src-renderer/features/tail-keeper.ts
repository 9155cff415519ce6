import type { Trouble } from '@shared/model/environment'
import type { TailedMessage, TailPiece } from '@shared/model/tail'
import { createStore } from 'zustand/vanilla'
import { troubleOf } from '../stores/trouble'

export type OpenTail = (signal: AbortSignal) => Promise<AsyncIterable<TailPiece>>

export interface TailLine {
  readonly number: number
  readonly message: TailedMessage
}

export interface TailState {
  /** Newest first. */
  readonly lines: readonly TailLine[]
  readonly held: boolean
  /** Arrived while held. */
  readonly behind: number
  readonly missed: number
  readonly trouble: Trouble | null
}

/** Kept on the screen at most, and waiting while held. */
export const linesKept = 500

/**
 * What goes by, newest first. States: running <-> held; while held nothing moves and what arrives is counted, the newest
 * `linesKept` of it kept.
 */
export class TailKeeper {
  readonly store = createStore<TailState>(() => ({ lines: [], held: false, behind: 0, missed: 0, trouble: null }))
  private waiting: TailLine[] = []
  private number = 0

  take({ messages, missed }: TailPiece): void {
    this.waiting.push(...messages.map((message) => ({ number: ++this.number, message })))
    this.waiting = this.waiting.slice(-linesKept)
    this.store.setState((state) => ({ missed: state.missed + missed }))
    if (this.store.getState().held) this.store.setState({ behind: this.waiting.length })
    else this.release()
  }

  hold(held: boolean): void {
    this.store.setState({ held })
    if (!held) this.release()
  }

  /** Reads until the signal ends it; what goes wrong stands in the state. */
  async follow(open: OpenTail, signal: AbortSignal) {
    try {
      for await (const piece of await open(signal)) this.take(piece)
    } catch (error) {
      if (!signal.aborted) this.store.setState({ trouble: troubleOf(error) })
    }
  }

  private release(): void {
    const fresh = this.waiting.reverse()
    this.waiting = []
    this.store.setState(({ lines }) => ({ behind: 0, lines: [...fresh, ...lines].slice(0, linesKept) }))
  }
}
