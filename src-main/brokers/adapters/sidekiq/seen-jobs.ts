export interface SeenPlace {
  /** Hash of its bytes. */
  readonly handle: string
  /** From the beginning of the listing; null: not known. */
  readonly distance: number | null
  /** Of a set. */
  readonly score: string | null
  /** How long the listing was then. */
  readonly length: number
}

const mostSeen = 50_000

/**
 * Where jobs were seen last, by the key in which they stand and their id: only a place to look first. And what was archived of them:
 * an act leaves alone what has changed since.
 */
export class SeenJobs {
  private readonly seen = new Map<string, SeenPlace>()
  private readonly archived = new Map<string, string>()

  remember(key: string, id: string, place: SeenPlace): void {
    put(this.seen, `${id} ${key}`, place)
  }

  placeOf(key: string, id: string): SeenPlace | undefined {
    return this.seen.get(`${id} ${key}`)
  }

  archive(key: string, id: string, handle: string): void {
    put(this.archived, `${id} ${key}`, handle)
  }

  /** Whether the job that stands there now is another than the one that was archived. */
  isOther(key: string, id: string, handle: string): boolean {
    const kept = this.archived.get(`${id} ${key}`)
    return kept !== undefined && kept !== handle
  }

  /** It was changed or taken away from here. */
  forget(key: string, id: string): void {
    this.seen.delete(`${id} ${key}`)
    this.archived.delete(`${id} ${key}`)
  }
}

function put<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key)
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= mostSeen) break
    map.delete(oldest)
  }
}
