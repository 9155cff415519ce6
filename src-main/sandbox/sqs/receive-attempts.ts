import type { SqsMessage } from './message'

/** Source: ReceiveMessage, "You can use ReceiveRequestAttemptId only for 5 minutes". */
const attemptMs = 5 * 60_000

/** What each ReceiveRequestAttemptId was answered with, so that a receive whose answer was lost can be asked for again. */
export class ReceiveAttempts {
  private readonly known = new Map<
    string,
    { readonly at: number; readonly messages: readonly SqsMessage[]; readonly turns: readonly number[] }
  >()

  /** The same messages under the same handles, if none was deleted, given back, or has run out. */
  find(id: string, now: number): readonly SqsMessage[] | undefined {
    const found = this.known.get(id)
    if (!found || now - found.at > attemptMs) return undefined
    const untouched = found.messages.every(
      (message, index) => message.turn === found.turns[index] && message.state === 'in flight',
    )
    return untouched ? found.messages : undefined
  }

  note(id: string, messages: readonly SqsMessage[], now: number): void {
    for (const [known, { at }] of this.known) {
      if (now - at <= attemptMs) break
      this.known.delete(known)
    }
    this.known.delete(id)
    this.known.set(id, { at: now, messages, turns: messages.map(({ turn }) => turn) })
  }

  clear(): void {
    this.known.clear()
  }
}
