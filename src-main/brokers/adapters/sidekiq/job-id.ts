import { randomBytes } from 'node:crypto'

/**
 * How a job of a list or set is known: by its jid. Where the same jid stands there again, the second and later ones are also told by
 * a hash of their bytes, and equal ones by a number; what has no jid, by the hash alone. A jid without more means the first one in
 * the order of the listing.
 */
export interface JobId {
  readonly jid: string | null
  readonly handle: string | null
  /** Of those with the same bytes, how many come before. */
  readonly copy: number
}

const withHandle = /^(.*)#([0-9a-f]{20})(?:\.([1-9]\d*))?$/s

export function formatJobId({ jid, handle, copy }: JobId): string {
  const told = handle === null ? '' : `#${handle}${copy > 0 ? `.${copy}` : ''}`
  return `${jid ?? ''}${told}`
}

export function parseJobId(id: string): JobId {
  const [, jid, handle, copy] = withHandle.exec(id) ?? []
  if (handle === undefined) return { jid: id, handle: null, copy: 0 }
  return { jid: jid === '' ? null : (jid ?? null), handle, copy: Number(copy ?? 0) }
}

/** A jid that could be taken for one with a hash behind it always has one, and so has what has no jid. */
const needsHandle = (jid: string | null): boolean => jid === null || jid === '' || withHandle.test(jid)

const mostListings = 16
/** Of one listing; about 10 MB. */
const mostJids = 100_000

/** Which jids a listing has shown, so that a second one of the same jid has another id. A forgotten listing repeats an id, no more. */
export class ShownJids {
  private readonly listings = new Map<string, Set<string>>()

  begin(): string {
    const token = randomBytes(6).toString('base64url')
    this.listings.set(token, new Set())
    for (const oldest of this.listings.keys()) {
      if (this.listings.size <= mostListings) break
      this.listings.delete(oldest)
    }
    return token
  }

  /** The id to show for each, in the order in which they stand. */
  idsOf(
    token: string,
    jobs: readonly { readonly jid: string | null; readonly handle: string; readonly copy: number }[],
  ): readonly string[] {
    const shown = this.listings.get(token) ?? new Set<string>()
    return jobs.map(({ jid, handle, copy }) => {
      const isFirst = jid !== null && !shown.has(jid)
      if (isFirst && shown.size < mostJids) shown.add(jid)
      return formatJobId(isFirst && !needsHandle(jid) ? { jid, handle: null, copy: 0 } : { jid, handle, copy })
    })
  }
}
