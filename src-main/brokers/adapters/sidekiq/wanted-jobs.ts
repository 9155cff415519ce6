import type { Element } from '../element-sequence'
import { type Job, jidOf, jobOf } from './job'
import { type JobId, parseJobId } from './job-id'

export interface FoundJob {
  readonly job: Job
  readonly handle: string
  /** From the beginning of the listing; null: found by a scan of the set, which does not tell. */
  readonly distance: number | null
  readonly score: string | null
}

export const unknownDistance = -1

/** What is looked for, and what was found of it. No element answers to two ids. */
export class WantedJobs {
  readonly jobs: (FoundJob | null)[]
  private open: number
  private readonly ids: readonly JobId[]
  private readonly byJid = new Map<string, number[]>()
  private readonly byHandle = new Map<string, number[]>()
  private readonly taken = new Set<string>()
  /** Elements of one hash met so far: a third copy is there only while there are three. */
  private readonly met = new Map<string, number>()

  constructor(ids: readonly string[]) {
    this.ids = ids.map(parseJobId)
    this.jobs = ids.map(() => null)
    this.open = ids.length
    this.ids.forEach(({ jid, handle }, index) => {
      const [map, name] = handle === null ? [this.byJid, jid ?? ''] : [this.byHandle, handle]
      map.set(name, [...(map.get(name) ?? []), index])
    })
  }

  get isDone(): boolean {
    return this.open === 0
  }

  /** The jids that are not found yet; null where one of the ids is looked for by its bytes. */
  missingJids(): readonly string[] | null {
    const missing = this.ids.filter((_, index) => this.jobs[index] === null)
    return missing.some(({ handle }) => handle !== null) ? null : missing.map(({ jid }) => jid ?? '')
  }

  /** An element that was seen before under the index's id. */
  offer(index: number, element: Element): void {
    if (this.jobs[index] === null && !this.taken.has(keyOf(element))) this.take(index, element, jobOf(element.bytes))
  }

  /** Any element, in the order of the listing from its beginning on. */
  meet(element: Element): void {
    const own = this.byHandle.get(element.handle)
    if (own) {
      const count = (this.met.get(element.handle) ?? 0) + 1
      this.met.set(element.handle, count)
      const index = own.find((each) => this.jobs[each] === null && this.ids[each]!.copy < count)
      if (index !== undefined && !this.taken.has(keyOf(element))) {
        this.take(index, element, jobOf(element.bytes))
        return
      }
    }
    if (!this.mayHaveJid(element.bytes) || this.taken.has(keyOf(element))) return
    const job = jobOf(element.bytes)
    const index = this.byJid.get(jidOf(job) ?? '')?.find((each) => this.jobs[each] === null)
    if (index !== undefined) this.take(index, element, job)
  }

  /** Parses nothing: most elements are none of those. */
  private mayHaveJid(bytes: Buffer): boolean {
    if (this.byJid.size === 0) return false
    for (const [, jid] of bytes.toString('utf8').matchAll(/"jid"\s*:\s*"((?:[^"\\]|\\.)*)"/g)) {
      if (jid !== undefined && (jid.includes('\\') || this.byJid.has(jid))) return true
    }
    return false
  }

  private take(index: number, element: Element, job: Job): void {
    const { handle, distance, score } = element
    this.taken.add(keyOf(element))
    this.open -= 1
    this.jobs[index] = { job, handle, distance: distance === unknownDistance ? null : distance, score }
  }
}

/** Equal bytes stand several times in a list, once in a set. */
const keyOf = ({ handle, distance, score }: Element): string => (score === null ? `${handle} ${distance}` : handle)
