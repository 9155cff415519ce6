import { randomUUID } from 'node:crypto'
import { Failure } from '@shared/failure'
import { partOf } from './abilities'
import type { QueueContext } from './queue-context'

export interface OnceOptions {
  /** How long it is remembered that it was done; default a day. */
  readonly ttlMs?: number
  /** How long one who is at it may take until another may begin; default 5 min. */
  readonly claimMs?: number
}

/**
 * Runs `act` and remembers its result (a JSON value) under `key`: who comes later gets that result, who comes meanwhile a
 * Failure 'conflict', so that a message is tried again. What throws is not remembered. A process that dies between the
 * effect and the remembering leaves the effect undone in the books: give the key to the other side too where it takes one.
 */
export async function runOnce<Result>(
  { name, driver }: QueueContext,
  key: string,
  act: () => Promise<Result> | Result,
  { ttlMs = 86_400_000, claimMs = 300_000 }: OnceOptions = {},
): Promise<Result> {
  const idempotency = partOf(driver, driver.idempotency, {
    ability: 'idempotency',
    queue: name,
    act: 'remember what was done',
  })
  if (typeof key !== 'string' || key === '' || Buffer.byteLength(key) > 512)
    throw new Failure({
      code: 'bad-input',
      message: `Queue ${name}: a key is a text of 1 to 512 bytes.`,
      subject: name,
    })
  const owner = randomUUID()
  const claim = await idempotency.claim(name, key, { owner, ttlMs: claimMs })
  switch (claim.state) {
    case 'done':
      return (claim.result === null ? undefined : JSON.parse(claim.result)) as Result
    case 'busy':
      throw new Failure({
        code: 'conflict',
        message: `Queue ${name}: somebody else is at ${JSON.stringify(key)} now.`,
        hint: 'Try again later: then its result is there, or the claim has run out.',
        subject: key,
      })
    case 'claimed':
      break
  }
  let result: Result
  try {
    result = await act()
  } catch (error) {
    // A claim that cannot be released runs out; the caller's error is what matters.
    await idempotency.release(name, key, owner).catch(() => false)
    throw error
  }
  const kept = await idempotency.complete(name, key, { owner, result: JSON.stringify(result) ?? null, ttlMs })
  if (!kept)
    throw new Failure({
      code: 'conflict',
      message: `Queue ${name}: ${JSON.stringify(key)} took longer than its claim of ${claimMs} ms, and somebody else has begun it.`,
      hint: 'Claim it for longer (claimMs).',
      subject: key,
    })
  return result
}
