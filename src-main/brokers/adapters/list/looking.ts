import { Failure } from '@shared/failure'
import type { DetailSection } from '@shared/model/details'
import type { MessageDetail, MessagePage, MessageSummary } from '@shared/model/message'
import type { QueueAddress } from '@shared/model/queue'
import type { RedisClient } from '../../clients/redis'
import type { BrowseRequest, Reading } from '../../reader'
import { unreadable } from '../../reader'
import { askTogether } from '../asking-together'
import { formatElementId, parseElementId } from '../element-id'
import type { PlacedElement } from '../element-pages'
import type { Element, ListEnd } from '../element-sequence'
import { listSequence } from '../element-sequence'
import type { Shelf } from '../element-shelf'
import { askAll, type Command, explained, numberOf, textOf } from '../redis-asking'
import { previewOf, wholeBody } from '../stream-entries'

/** One LLEN a list, all in one write. */
export async function readLists(redis: RedisClient, queues: readonly QueueAddress[]): Promise<readonly Reading[]> {
  const answers = await askTogether(
    redis,
    queues.map(({ name }): Command => ['LLEN', name]),
  )
  return await Promise.all(
    answers.map(async (answer): Promise<Reading> => {
      if (!answer.ok) return unreadable((await explained(redis, answer)).message)
      return {
        ready: numberOf(answer.value),
        // A list leases nothing and delays nothing: what was popped is not in it any more.
        leased: 0,
        delayed: 0,
        dead: null,
        done: null,
        oldestReadyMs: null,
        paused: null,
        enqueuedTotal: null,
        ackedTotal: null,
        waitBuckets: null,
        trouble: null,
      }
    }),
  )
}

export interface ListAt {
  readonly shelf: Shelf
  readonly key: string
  /** Where elements are shown from: the end that is next in line where that is known, else the left. */
  readonly from: ListEnd
}

export async function browseList(
  redis: RedisClient,
  { shelf, key, from }: ListAt,
  request: BrowseRequest,
): Promise<MessagePage> {
  if (request.state !== 'ready') return { items: [], nextCursor: null, total: 0 }
  const page = await shelf.page(listSequence(redis, key, from), request)
  return { items: page.elements.map(summaryOf), nextCursor: page.nextCursor, total: page.total }
}

export async function inspectElement(
  redis: RedisClient,
  { shelf, key, from }: ListAt,
  id: string,
): Promise<MessageDetail> {
  const parsed = parseElementId(id)
  const found = parsed ? await shelf.find(listSequence(redis, key, from), [parsed]) : null
  const element = found?.elements[0]
  if (!element || !found) throw found && !found.isWhole ? notWithinBound(key) : gone(id)
  const { length } = found.measure
  const fromLeft = from === 'left' ? element.distance : length - 1 - element.distance
  return {
    summary: { ...summaryOf({ ...element, copy: 0 }), id },
    body: wholeBody(element.bytes),
    attributes: [],
    facts: [
      { name: 'from the left', value: `${fromLeft + 1} of ${length}` },
      { name: 'from the right', value: `${length - fromLeft} of ${length}` },
    ],
    error: null,
    history: [],
    logs: [],
  }
}

export async function listDetails(
  redis: RedisClient,
  key: string,
  taken: ListEnd | null,
): Promise<readonly DetailSection[]> {
  const [length, memory, encoding] = await askAll(redis, [
    ['LLEN', key],
    ['MEMORY', 'USAGE', key, 'SAMPLES', '5'],
    ['OBJECT', 'ENCODING', key],
  ])
  if (length && !length.ok) throw await explained(redis, length)
  const elements = length?.ok ? numberOf(length.value) : null
  const bytes = memory?.ok ? numberOf(memory.value) : null
  return [
    {
      title: 'List',
      note:
        taken === null
          ? 'A list does not tell at which end its consumers take: elements are shown from the left, in the order in which they stand.'
          : null,
      facts: [
        { name: 'Elements', value: elements === null ? null : String(elements) },
        { name: 'Next in line', value: taken === null ? null : `at the ${taken}` },
        { name: 'Bytes, estimated', value: bytes === null ? null : String(bytes) },
        {
          name: 'Bytes of an element, on average',
          value: bytes && elements ? String(Math.round(bytes / elements)) : null,
        },
        { name: 'Encoding', value: encoding?.ok ? textOf(encoding.value) : null },
      ],
    },
  ]
}

const summaryOf = (element: PlacedElement | (Element & { readonly copy: number })): MessageSummary => ({
  id: formatElementId({ label: null, ...element }),
  state: 'ready',
  name: null,
  enqueuedAt: null,
  dueAt: null,
  finishedAt: null,
  attempts: null,
  maxAttempts: null,
  bytes: element.bytes.length,
  preview: previewOf(element.bytes),
  error: null,
})

const gone = (id: string) =>
  new Failure({ code: 'gone', message: `the element ${id} is not there any more`, subject: id })

const notWithinBound = (key: string) => new Failure({ code: 'too-large', message: outOfSight(key), subject: key })

/** Why it cannot be said that an element is gone. */
export const outOfSight = (key: string): string =>
  `${key} is too long to be looked through: browse to the element, and act on it from there`
