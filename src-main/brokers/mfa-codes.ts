/** Codes of MFA devices on their way from a person to the next connect: used once, in memory, and kept nowhere. */
export class MfaCodes {
  private readonly codes = new Map<string, string>()

  /** `given` is told whose code is there, so that the connect is tried again at once. */
  constructor(private readonly given: (environmentId: string) => void) {}

  give(environmentId: string, code: string): void {
    this.codes.set(environmentId, code)
    this.given(environmentId)
  }

  /** null: none was given. */
  take(environmentId: string): string | null {
    const code = this.codes.get(environmentId) ?? null
    this.codes.delete(environmentId)
    return code
  }
}
