import { Failure } from '@shared/failure'
import type { Environment } from '@shared/model/environment'
import type { Cancel, Clock } from '../runtime/clock'

/** How long production stays unlocked, milliseconds. */
export const unlockMs = 15 * 60_000

/**
 * Who may write now: dev and staging always, production only while it is unlocked. Unlocking is per environment,
 * ends by itself, and is never saved: a new start is locked again.
 */
export class Access {
  private readonly unlocked = new Map<string, { readonly until: number; readonly cancel: Cancel }>()
  private readonly listeners = new Set<(environmentId: string) => void>()

  constructor(private readonly clock: Clock) {}

  unlockedUntil(environment: Environment): number | null {
    const entry = this.unlocked.get(environment.id)
    return entry && entry.until > this.clock.now() ? entry.until : null
  }

  isReadOnly(environment: Environment): boolean {
    return environment.effectiveTier === 'production' && this.unlockedUntil(environment) === null
  }

  /** Throws Failure 'read-only'. Every write method of an environment passes here, and the gate once more. */
  assertWritable(environment: Environment): void {
    if (!this.isReadOnly(environment)) return
    throw new Failure({
      code: 'read-only',
      message: `${environment.name} is production and read-only.`,
      hint: 'Unlock it for 15 minutes first.',
      subject: environment.id,
    })
  }

  /** Throws Failure 'confirmation' unless the environment's name was typed. */
  unlock(environment: Environment, typedName: string): void {
    if (typedName !== environment.name) {
      throw new Failure({
        code: 'confirmation',
        message: `Type ${environment.name} to unlock it.`,
        subject: 'typedName',
      })
    }
    this.unlocked.get(environment.id)?.cancel()
    const cancel = this.clock.after(unlockMs, () => this.lock(environment.id))
    this.unlocked.set(environment.id, { until: this.clock.now() + unlockMs, cancel })
    this.tell(environment.id)
  }

  lock(environmentId: string): void {
    this.unlocked.get(environmentId)?.cancel()
    if (this.unlocked.delete(environmentId)) this.tell(environmentId)
  }

  onChange(listener: (environmentId: string) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private tell(environmentId: string): void {
    for (const listener of this.listeners) listener(environmentId)
  }
}
