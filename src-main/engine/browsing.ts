import { Failure } from '@shared/failure'
import type { MessageState } from '@shared/model/message'
import type { DeadLetterBox, Looking } from '../brokers/driver'
import type { StoredMessage } from '../brokers/driver-messages'
import { partOf } from './abilities'
import type { QueueContext } from './queue-context'

/** A message must meet all that is given. */
export interface MessageFilter {
  /** Stands somewhere in the body, read as UTF-8. */
  readonly text?: string
  /** Attributes that it has. */
  readonly attributes?: Readonly<Record<string, string>>
  readonly group?: string
  /** Enqueued at or after. */
  readonly after?: Date | number
  /** Enqueued before. */
  readonly before?: Date | number
}

export interface BrowseOptions {
  /** From the page before. */
  readonly cursor?: string | null
  /** 1 to 200; default 50. */
  readonly limit?: number
  readonly filter?: MessageFilter
}

export interface BrowsePage {
  readonly items: readonly StoredMessage[]
  /** null: there is no more. A filtered page may be short, or empty, and go on all the same. */
  readonly nextCursor: string | null
  /** How many messages were looked at for it. */
  readonly scanned: number
}

export const mostPerPage = 200
/** A filter looks at so many messages a page: no question may read without bound. */
const mostScanned = 1_000
const mostCalls = 10

export async function browse(
  { name, driver }: QueueContext,
  state: MessageState,
  { cursor = null, limit = 50, filter }: BrowseOptions,
): Promise<BrowsePage> {
  const looking = lookingAt({ driver, name }, state)
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= mostPerPage))
    throw new Failure({
      code: 'bad-input',
      message: `Queue ${name}: a page has 1 to ${mostPerPage} messages, not ${limit}.`,
      subject: name,
    })
  const meets = filter === undefined ? undefined : filterOf(filter)
  const items: StoredMessage[] = []
  let next = cursor
  let scanned = 0
  for (let calls = 0; calls < mostCalls && scanned < mostScanned; calls++) {
    const page = await looking.browse(name, { state, cursor: next, limit: limit - items.length })
    scanned += page.items.length
    for (const item of page.items) if (meets === undefined || meets(item)) items.push(item)
    next = page.nextCursor
    if (next === null || items.length >= limit || meets === undefined) break
  }
  return { items, nextCursor: next, scanned }
}

/** A broker whose messages cannot be looked at may show its dead letters all the same. */
export function lookingAt({ driver, name }: Pick<QueueContext, 'driver' | 'name'>, state: MessageState): Pages {
  const box = driver.dead
  if (state === 'dead' && !driver.looking && box && 'browse' in box && typeof box.browse === 'function')
    return box as DeadLetterBox & Pages
  return partOf(driver, driver.looking, { ability: 'browse', queue: name, act: 'show its messages' })
}

type Pages = Pick<Looking, 'browse'>

export function filterOf({
  text,
  attributes,
  group,
  after,
  before,
}: MessageFilter): (message: StoredMessage) => boolean {
  const wanted = text === undefined || text === '' ? undefined : Buffer.from(text)
  const pairs = Object.entries(attributes ?? {})
  const from = after === undefined ? undefined : Number(after)
  const until = before === undefined ? undefined : Number(before)
  return (message) =>
    (group === undefined || message.group === group) &&
    pairs.every(([name, value]) => message.attributes[name] === value) &&
    (from === undefined || (message.enqueuedAt !== null && message.enqueuedAt >= from)) &&
    (until === undefined || (message.enqueuedAt !== null && message.enqueuedAt < until)) &&
    (wanted === undefined || bytesOf(message.body).includes(wanted))
}

export const bytesOf = (body: Uint8Array): Buffer => Buffer.from(body.buffer, body.byteOffset, body.byteLength)
