import type { RedisClient } from '../../clients/redis'
import { sendTextCommand } from '../../clients/text-command'
import type { FinishedBatch, Lease, LeasedMessage } from '../../driver-messages'
import { partsOfId, timeOfId } from './ids'
import type { QueueKeys } from './keys'
import { parseMetaHead } from './meta'
import { unpacked } from './parcel'
import { type LeaseRecord, parseRecord } from './record'
import { idsFrom, type Run, runOf } from './runs'

/** Bodies fetched outside Lua come in pieces of about so many bytes, so that no single answer is huge. */
const bytesPerFetch = 256 * 1024
/** As long as nothing is known of their size. */
const firstFetch = 20

/** A forgotten lease is acked id by id. */
const leasesRemembered = 1_000

/** A body, the parcel of a run, or its bodies; null: they are gone. */
type Held = Buffer | readonly (Buffer | null)[] | null

interface ReadLease {
  readonly lease: Lease
  readonly ids: readonly string[]
}

/** What a script answered for a lease, made into messages; and which leases can be acked as a whole. */
export class LeasedBatches {
  /** Ids of leases of which nothing was settled yet, oldest first. */
  private readonly untouched = new Map<string, readonly string[]>()
  private readonly largest = new Map<string, number>()

  constructor(
    private readonly redis: RedisClient,
    private readonly maxAttempts: (queue: string) => number,
  ) {}

  /** Messages whose body is gone are left out; `ids` are all that stand in the lease. undefined: the bodies are to be fetched. */
  readAtOnce(keys: QueueKeys, reply: readonly unknown[]): ReadLease | undefined {
    const bodies = reply[3]
    return Array.isArray(bodies) ? this.made(keys, reply, { record: recordOf(reply), bodies }) : undefined
  }

  /** The same for a reply without bodies. */
  async fetch(keys: QueueKeys, reply: readonly unknown[]): Promise<ReadLease> {
    const record = recordOf(reply)
    return this.made(keys, reply, { record, bodies: await this.fetched(keys, record.tokens, reply[3] === 1) })
  }

  private made(
    keys: QueueKeys,
    reply: readonly unknown[],
    { record: { tokens, ids }, bodies }: { readonly record: LeaseRecord; readonly bodies: readonly Held[] },
  ): ReadLease {
    const [id, expires, , , metas] = reply as [Buffer, Buffer, Buffer, unknown, unknown]
    const leaseId = id.toString('latin1')
    const notes = Array.isArray(metas) ? (metas as (Buffer | null)[]) : undefined
    const usual = this.maxAttempts(keys.name)
    const messages: LeasedMessage[] = []
    let at = 0
    for (let index = 0; index < tokens.length; index++) {
      const body = bodies[index]
      const run = runOf(tokens[index]!)
      if (run === undefined) {
        if (Buffer.isBuffer(body)) messages.push(messageOf(ids[at]!, body, notes?.[index], usual))
        at++
      } else {
        const own = Buffer.isBuffer(body) ? unpacked(body) : (body ?? [])
        own.forEach((each, place) => {
          if (each) messages.push(messageOf(ids[at + place]!, each, null, usual))
        })
        at += run.count
      }
    }
    if (messages.length === ids.length) this.remember(leaseId, ids)
    return { lease: { leaseId, expiresAt: Number(expires.toString('latin1')), messages }, ids }
  }

  /** Something of it was settled, or may have been. */
  touch(leaseId: string): void {
    this.untouched.delete(leaseId)
  }

  /** Runs an ack without naming ids where they are the whole of a lease of which nothing was settled yet. */
  async finish({ leaseId, ids }: FinishedBatch, run: (named: readonly string[]) => Promise<unknown>): Promise<unknown> {
    const all = this.untouched.get(leaseId)
    this.touch(leaseId)
    if (all !== undefined && isSame(all, ids)) {
      const reply = await run([`*${ids.length}`])
      if (reply !== -4) return reply
    }
    return run(ids)
  }

  /** Bodies of ids and parcels of runs, in their order. */
  private async fetched(keys: QueueKeys, tokens: readonly string[], areSmall: boolean): Promise<readonly Held[]> {
    const runs = tokens.flatMap((token) => runOf(token) ?? [])
    if (runs.length === 0) return this.bodiesOf(keys, tokens, areSmall)
    const singles = tokens.filter((token) => runOf(token) === undefined)
    const [bodies, parcels] = await Promise.all([
      singles.length === 0 ? [] : this.bodiesOf(keys, singles, areSmall),
      Promise.all(runs.map((run) => this.parcelOf(keys, run))),
    ])
    let body = 0
    let parcel = 0
    return tokens.map((token) => (runOf(token) === undefined ? bodies[body++] : parcels[parcel++]) ?? null)
  }

  /** A lease that ran out already may have been taken back in part: then the parcel is open. */
  private async parcelOf(keys: QueueKeys, { first, count }: Run): Promise<Held> {
    const parcel = await this.redis.hgetBuffer(keys.parcels, first)
    return parcel ?? this.bodiesOf(keys, idsFrom(first, count), true)
  }

  private async bodiesOf(
    keys: QueueKeys,
    ids: readonly string[],
    areSmall: boolean,
  ): Promise<readonly (Buffer | null)[]> {
    const fetch = (some: readonly string[]) =>
      sendTextCommand(this.redis, 'hmget', keys.payload, some) as Promise<(Buffer | null)[]>
    const size = this.largest.get(keys.name)
    const perFetch = areSmall ? ids.length : size === undefined ? firstFetch : Math.ceil(bytesPerFetch / size)
    if (ids.length <= perFetch) return this.measured(keys, await fetch(ids))
    const pieces: Promise<(Buffer | null)[]>[] = []
    for (let at = 0; at < ids.length; at += perFetch) pieces.push(fetch(ids.slice(at, at + perFetch)))
    return this.measured(keys, (await Promise.all(pieces)).flat())
  }

  /** The largest body of the last fetch says how many the next may ask for at once. */
  private measured(keys: QueueKeys, bodies: readonly (Buffer | null)[]): readonly (Buffer | null)[] {
    this.largest.set(
      keys.name,
      bodies.reduce((most, body) => Math.max(most, body?.length ?? 0), 1),
    )
    return bodies
  }

  private remember(leaseId: string, ids: readonly string[]): void {
    this.untouched.set(leaseId, ids)
    if (this.untouched.size <= leasesRemembered) return
    const oldest = this.untouched.keys().next().value
    if (oldest !== undefined) this.untouched.delete(oldest)
  }
}

const recordOf = (reply: readonly unknown[]): LeaseRecord => parseRecord(String(reply[2]))

function messageOf(id: string, body: Buffer, meta: Buffer | null | undefined, usual: number): LeasedMessage {
  const { group, ownId } = partsOfId(id)
  const enqueuedAt = timeOfId(id)
  if (!meta) return { id, body, attempt: 1, maxAttempts: usual, enqueuedAt, attributes: none, group, ownId, replays: 0 }
  const { attempts, maxAttempts = usual, attributes, deaths } = parseMetaHead(meta)
  return { id, body, attempt: attempts + 1, maxAttempts, enqueuedAt, attributes, group, ownId, replays: deaths }
}

const none: Readonly<Record<string, string>> = Object.freeze({})

function isSame(all: readonly string[], ids: readonly string[]): boolean {
  if (all.length !== ids.length) return false
  if (ids.every((id, index) => id === all[index])) return true
  const asked = new Set(ids)
  return all.every((id) => asked.has(id))
}
