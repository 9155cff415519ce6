import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../runtime/clock'

/** How long a printed code can be used, milliseconds: time enough to carry it from a terminal to a browser. */
const codeMs = 10 * 60_000

/** The first frame of a connection. */
const FirstFrame = z.union([
  z.strictObject({ code: z.string().max(128) }),
  z.strictObject({ token: z.string().max(128) }),
])

/**
 * Who may talk to the browser shell: whoever presents the one-time code that was printed in a URL's fragment gets the
 * 256-bit token of this start, and with it may connect again until the console ends. Neither stands in argv, in a
 * header or in a log; comparisons take the same time whatever differs.
 */
export class Login {
  private readonly token = randomBytes(32).toString('base64url')
  private code: { readonly value: string; readonly expiresAt: number } | undefined

  constructor(private readonly clock: Clock) {}

  /** A fresh code; the one before is void. */
  newCode(): string {
    const value = randomBytes(16).toString('base64url')
    this.code = { value, expiresAt: this.clock.now() + codeMs }
    return value
  }

  /** The answer to a first frame: the token to keep, or undefined. A code is spent by its first use. */
  admit(frame: unknown): string | undefined {
    const parsed = typeof frame === 'string' && frame.length <= 1_024 ? FirstFrame.safeParse(parse(frame)) : undefined
    if (!parsed?.success) return undefined
    if ('token' in parsed.data) return isEqual(parsed.data.token, this.token) ? this.token : undefined
    const { code } = this
    if (!code || code.expiresAt <= this.clock.now() || !isEqual(parsed.data.code, code.value)) return undefined
    this.code = undefined
    return this.token
  }
}

/** Hashes first, so that lengths do not show either. */
function isEqual(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(a), hash(b))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
