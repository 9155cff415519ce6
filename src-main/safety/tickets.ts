import { randomBytes } from 'node:crypto'
import { Failure } from '@shared/failure'
import type { Clock } from '../runtime/clock'

export const ticketMs = 60_000

/** Leave to do one thing once: issued by a plan, spent by a commit, void after 60 s. At most 1,000 are remembered. */
export class Tickets<T> {
  private readonly open = new Map<string, { readonly value: T; readonly expiresAt: number }>()

  constructor(private readonly clock: Clock) {}

  issue(value: T): { readonly ticket: string; readonly expiresAt: number } {
    const ticket = randomBytes(24).toString('base64url')
    const expiresAt = this.clock.now() + ticketMs
    this.open.set(ticket, { value, expiresAt })
    for (const oldest of this.open.keys()) {
      if (this.open.size <= 1_000) break
      this.open.delete(oldest)
    }
    return { ticket, expiresAt }
  }

  /** What it was issued for, without spending it. Throws Failure 'ticket'. */
  look(ticket: string): T {
    const entry = this.open.get(ticket)
    if (!entry) throw stale('This plan was committed already, or never made here.')
    if (entry.expiresAt <= this.clock.now()) {
      this.open.delete(ticket)
      throw stale('This plan is older than 60 s.')
    }
    return entry.value
  }

  spend(ticket: string): T {
    const value = this.look(ticket)
    this.open.delete(ticket)
    return value
  }
}

const stale = (message: string) =>
  new Failure({ code: 'ticket', message, hint: 'Look at a fresh plan, then go on.', subject: 'ticket' })
