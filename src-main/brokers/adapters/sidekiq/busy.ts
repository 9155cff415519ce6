import { Failure } from '@shared/failure'
import type { MessagePage } from '@shared/model/message'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { jidOf } from './job'
import { type HeldJob, type Processes, readProcesses } from './processes'
import { rowOf } from './rows'

/** Processes tell what they hold every 5 to 10 s: asking more often tells nothing new. */
const newsEveryMs = 5_000

/** What threads of processes hold, by queue; for figures no older than their own heartbeat. */
export class BusyJobs {
  private readonly told = new Map<string, { readonly at: number; readonly processes: Promise<Processes> }>()

  constructor(
    private readonly redis: RedisClient,
    private readonly clock: Clock,
    /** 0: ask each time. */
    private readonly everyMs: number = newsEveryMs,
  ) {}

  /** Jobs held of each queue; null: some are too large to tell whose they are, or may not be read. */
  async counts(prefix: string): Promise<ReadonlyMap<string, number> | null> {
    const { processes, unseen, truncated } = await this.recent(prefix)
    if (unseen !== null || truncated || processes.some(({ heldUnread }) => heldUnread > 0)) return null
    const counts = new Map<string, number>()
    for (const { queue } of processes.flatMap(({ holds }) => holds)) counts.set(queue, (counts.get(queue) ?? 0) + 1)
    return counts
  }

  /** Longest held first. */
  async of(prefix: string, queue: string): Promise<readonly HeldJob[]> {
    return (await this.all(prefix)).filter((held) => held.queue === queue)
  }

  async all(prefix: string): Promise<readonly HeldJob[]> {
    const { processes } = await readProcesses(this.redis, prefix)
    return processes
      .flatMap(({ holds }) => holds)
      .sort((a, b) => (a.since ?? 0) - (b.since ?? 0) || compare(placeKey(a), placeKey(b)))
  }

  async page(
    prefix: string,
    queue: string,
    { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
  ): Promise<MessagePage> {
    const held = await this.of(prefix, queue)
    const from = cursor === null ? null : parseCursor(cursor)
    const rest = from ? held.filter(isAfter(from)) : held
    const items = rest
      .slice(0, limit)
      .map((each) => rowOf({ id: idOf(each), job: each.job, state: 'leased', score: null }))
    const last = rest[limit - 1]
    return {
      items,
      nextCursor: last && rest.length > limit ? JSON.stringify([last.since ?? 0, placeKey(last)]) : null,
      total: held.length,
    }
  }

  private recent(prefix: string): Promise<Processes> {
    const now = this.clock.elapsed()
    const last = this.told.get(prefix)
    if (last && now - last.at < this.everyMs) return last.processes
    const processes = readProcesses(this.redis, prefix)
    this.told.set(prefix, { at: now, processes })
    // What failed is asked again at the next question.
    processes.catch(() => this.told.delete(prefix))
    return processes
  }
}

/** What has no jid is known by who holds it. */
export const idOf = (held: HeldJob): string => jidOf(held.job) ?? placeKey(held)

const placeKey = ({ identity, thread }: HeldJob): string => `${identity} ${thread}`

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

interface From {
  readonly since: number
  readonly key: string
}

const isAfter =
  ({ since, key }: From) =>
  (held: HeldJob): boolean =>
    (held.since ?? 0) > since || ((held.since ?? 0) === since && compare(placeKey(held), key) > 0)

function parseCursor(text: string): From {
  try {
    const [since, key] = JSON.parse(text) as readonly unknown[]
    if (typeof since === 'number' && typeof key === 'string') return { since, key }
  } catch {
    // Told below.
  }
  throw new Failure({ code: 'bad-input', message: 'this place in the list is not one that was given out' })
}
