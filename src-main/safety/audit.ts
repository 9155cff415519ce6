import { createHash } from 'node:crypto'
import { mkdir, open, readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { AuditEntry } from '@shared/model/audit'
import type { Clock } from '../runtime/clock'
import { diskFailure } from '../storage/json-file'

export type AuditDraft = Pick<AuditEntry, 'event' | 'environment' | 'queue' | 'summary' | 'runId' | 'detail'>

export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  readonly intact: boolean
  /** `seq` of the first line that does not follow from the one before it. */
  readonly brokenAt: number | null
}

/**
 * The record of what people did: one JSON line an entry, each with the hash of the one before, on disk before the deed.
 * A line that cannot be written throws, and with it the deed is refused. Lines are never rewritten.
 */
export class Audit {
  private writing: Promise<unknown> = Promise.resolve()

  private constructor(
    private readonly path: string,
    private readonly clock: Clock,
    private readonly entries: AuditEntry[],
    private readonly brokenAt: number | null,
  ) {}

  static async open(path: string, clock: Clock): Promise<Audit> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw error
    })
    const { entries, brokenAt } = verifyChain(text)
    return new Audit(path, clock, entries, brokenAt)
  }

  /** Resolves when the line is on disk. Throws Failure 'disk'. */
  record(draft: AuditDraft): Promise<AuditEntry> {
    const turn = this.writing.then(() => this.append(draft))
    this.writing = turn.catch(() => {})
    return turn
  }

  /** Newest first, older than `before` (a seq). */
  page(before: number | null, limit: number): AuditPage {
    const upTo = before === null ? this.entries : this.entries.filter(({ seq }) => seq < before)
    return { entries: upTo.slice(-limit).reverse(), intact: this.brokenAt === null, brokenAt: this.brokenAt }
  }

  private async append(draft: AuditDraft): Promise<AuditEntry> {
    const last = this.entries.at(-1)
    const content = {
      seq: (last?.seq ?? 0) + 1,
      at: this.clock.now(),
      who: userInfo().username,
      ...draft,
      previous: last?.hash ?? '',
    }
    const entry: AuditEntry = { ...content, hash: hashOf(content) }
    try {
      const file = await open(this.path, 'a', 0o600)
      try {
        await file.writeFile(`${JSON.stringify(entry)}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
    } catch (error) {
      throw diskFailure(error, this.path)
    }
    this.entries.push(entry)
    return entry
  }
}

/** Pure: the entries that can be read, and the first that does not follow. An unreadable line counts as a break. */
export function verifyChain(text: string): { readonly entries: AuditEntry[]; readonly brokenAt: number | null } {
  const entries: AuditEntry[] = []
  let brokenAt: number | null = null
  for (const line of text.split('\n')) {
    if (line === '') continue
    const entry = readEntry(line)
    const last = entries.at(-1)
    const expected = { seq: (last?.seq ?? 0) + 1, previous: last?.hash ?? '' }
    const follows =
      entry !== undefined &&
      entry.seq === expected.seq &&
      entry.previous === expected.previous &&
      entry.hash === hashOf(contentOf(entry))
    if (!follows) brokenAt ??= expected.seq
    if (entry) entries.push(entry)
  }
  // A line that was cut off ends without a newline: what it said is lost, which is a break too.
  if (text !== '' && !text.endsWith('\n')) brokenAt ??= (entries.at(-1)?.seq ?? 0) + 1
  return { entries, brokenAt }
}

function readEntry(line: string): AuditEntry | undefined {
  try {
    return AuditEntry.parse(JSON.parse(line))
  } catch {
    return undefined
  }
}

function contentOf({ hash: _hash, ...content }: AuditEntry): Omit<AuditEntry, 'hash'> {
  return content
}

/** Keys in one fixed order, so that the hash depends on the content alone. */
function hashOf(content: Omit<AuditEntry, 'hash'>): string {
  const { previous, seq, at, who, event, environment, queue, summary, runId, detail } = content
  const facts = Object.keys(detail)
    .sort()
    .map((key) => [key, detail[key]])
  return createHash('sha256')
    .update(JSON.stringify([previous, seq, at, who, event, environment, queue, summary, runId, facts]))
    .digest('hex')
}
