import { isFailure } from '@shared/failure'

/**
 * Permissions that were missing when something was asked: AWS tells of each only by refusing. Each is named once, what needs it is
 * off until it is granted, and the rest goes on.
 */
export class Denials {
  private readonly words = new Map<string, string>()

  /** "sqs:ListQueues" -> what was said. */
  has(action: string): boolean {
    return this.words.has(action)
  }

  get all(): readonly string[] {
    return [...this.words.values()]
  }

  /** The answer, or undefined where the permission is missing; other trouble is thrown. */
  async unlessDenied<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await ask()
    } catch (error) {
      if (!isFailure(error) || error.code !== 'denied') throw error
      this.words.set(error.subject ?? error.message, `${error.message} ${error.hint ?? ''}`.trim())
      return undefined
    }
  }
}
