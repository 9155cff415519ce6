import type { Lease, LeaseReply } from '../../driver-messages'
import { contentOf, type Fields, unpacked } from './entry'
import { timeOfEntry } from './ids'
import { headOf } from './meta'

/** A lease as the scripts answer it; 'again': only what was removed or lost was found, there may be more. */
export function leaseOf(
  reply: unknown,
  { bodyField, maxAttempts }: { readonly bodyField: string; readonly maxAttempts: number },
): LeaseReply | 'again' {
  if (!Array.isArray(reply)) {
    if (reply === -3) return 'again'
    const code = Number(reply)
    return { lease: undefined, limitedForMs: code <= -4 ? Math.max(-4 - code, 1) : undefined }
  }
  const [leaseId, expires, now, taken] = reply as [Buffer, Buffer, Buffer, [Buffer, Buffer | Fields, Buffer | null][]]
  const lease: Lease = {
    leaseId: leaseId.toString('latin1'),
    expiresAt: Number(expires.toString('latin1')),
    messages: taken.map(([entryId, stored, meta]) => {
      const entry = entryId.toString('latin1')
      const content = contentOf(Buffer.isBuffer(stored) ? unpacked(stored) : stored, bodyField)
      const { attempts, replays } = headOf(meta)
      return {
        id: content.id ?? entry,
        body: content.body,
        attempt: attempts + 1,
        maxAttempts: content.maxAttempts ?? maxAttempts,
        // An id that is no time says nothing: then its first sight counts.
        enqueuedAt: content.enqueuedAt ?? timeOfEntry(entry) ?? Number(now.toString('latin1')),
        attributes: content.attributes,
        group: null,
        ownId: null,
        replays,
      }
    }),
  }
  return { lease, limitedForMs: undefined }
}
