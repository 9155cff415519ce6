import { Failure } from '@shared/failure'
import type { ActOffer, ActReport } from '@shared/model/act'
import type { QueueAddress } from '@shared/model/queue'
import type { ActRequest } from '../../acts'
import type { ItemOutcome } from '../../remedies'
import { numberField, readNumber } from '../act-fields'
import { brokerTime } from '../redis-asking'
import { streamOffers } from '../stream-act-offers'
import { actOnStream } from '../stream-acts'
import { type DeclaredQueue, storeAt } from './context'
import { moveAll, need } from './mending'
import { placeOf, type RolePlace } from './places'
import type { Stored } from './stored'
import { storePage } from './stores'
import { timeOfScore } from './summaries'

/** What the layout's own promoter and reaper would do, step by step and without losing any; and a stream's own acts. */
export async function declaredOffers(queue: DeclaredQueue): Promise<readonly ActOffer[]> {
  const { declaration, name } = queue
  const ready = placeOf(declaration, name, 'ready')
  const delayed = placeOf(declaration, name, 'delayed')
  const worked = placeOf(declaration, name, 'leased')
  const count = numberField('count', 'At most', '100', 'Up to 1,000 at once.')
  return [
    ...(ready && delayed
      ? [
          {
            id: 'promote',
            label: 'Make delayed messages ready',
            words: ['They go where producers put new ones, each in one step: none is lost, none is there twice.'],
            destructive: false,
            refusal: null,
            fields: [
              {
                name: 'which',
                label: 'Which',
                kind: 'choice' as const,
                options: ['due', 'all'],
                value: 'due',
                hint: 'Those that are due by the server’s clock, or all, soonest first.',
              },
              count,
            ],
          },
        ]
      : []),
    ...(ready && worked
      ? [
          {
            id: 'return',
            label: 'Return messages from processing',
            words: [
              'Messages that dead workers left behind become ready again.',
              'One that a worker still has at hand will be done twice: nothing here tells the two apart.',
            ],
            destructive: false,
            refusal: null,
            fields: [
              numberField(
                'olderThanMs',
                'Taken longer ago than, ms',
                '0',
                'Where the messages tell when they were taken; 0: all, whether or not they tell.',
              ),
              count,
            ],
          },
        ]
      : []),
    ...(ready?.role.type === 'stream' ? await streamOffers(queue.redis, ready.place.key) : []),
  ]
}

export async function actOnDeclared(
  queue: DeclaredQueue,
  address: QueueAddress,
  request: ActRequest,
): Promise<ActReport> {
  const { id, values } = request
  switch (id) {
    case 'promote': {
      const now = await brokerTime(queue.redis, queue.clock)
      const delayed = need(queue, 'delayed')
      const isDue = (row: Stored) => values.which === 'all' || (timeOfScore(delayed, row.score) ?? 0) <= now
      const rows = await rowsOf(queue, delayed, { count: countOf(values), isWanted: isDue })
      const outcomes = await moveAll(queue, { ids: rows, state: 'delayed', to: need(queue, 'ready') })
      return reportOf(outcomes, 'became ready')
    }
    case 'return': {
      const now = await brokerTime(queue.redis, queue.clock)
      const worked = need(queue, 'leased')
      const olderThan = readNumber(values, 'olderThanMs', { least: 0 })
      const isOld = ({ envelope, score }: Stored) => {
        const at = envelope.startedAt ?? timeOfScore(worked, score)
        return olderThan === 0 || (at !== null && now - at >= olderThan)
      }
      const rows = await rowsOf(queue, worked, { count: countOf(values), isWanted: isOld })
      const outcomes = await moveAll(queue, { ids: rows, state: 'leased', to: need(queue, 'ready') })
      return reportOf(outcomes, 'became ready again')
    }
    default: {
      const ready = placeOf(queue.declaration, queue.name, 'ready')
      if (ready?.role.type === 'stream')
        return await actOnStream(queue.redis, { queue: address, key: ready.place.key }, request)
      throw new Failure({ code: 'not-found', message: `${queue.name} offers no ${id}.`, subject: id })
    }
  }
}

const countOf = (values: ActRequest['values']): number => readNumber(values, 'count', { least: 1, most: 1_000 })

/** Rows that are looked through for those that are wanted. */
const mostRows = 10_000

async function rowsOf(
  queue: DeclaredQueue,
  place: RolePlace,
  { count, isWanted }: { readonly count: number; readonly isWanted: (row: Stored) => boolean },
): Promise<readonly string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  for (let seen = 0; seen < mostRows && ids.length < count; ) {
    const page = await storePage(storeAt(queue, place), { cursor, limit: Math.min(count, 500) })
    ids.push(...page.rows.filter(isWanted).map(({ id }) => id))
    seen += page.rows.length
    cursor = page.nextCursor
    if (cursor === null) break
  }
  return ids.slice(0, count)
}

function reportOf(outcomes: readonly ItemOutcome[], what: string): ActReport {
  const done = outcomes.filter(({ outcome }) => outcome === 'applied').length
  const failed = outcomes.length - done
  const [first] = outcomes.filter(({ outcome }) => outcome !== 'applied' && outcome !== 'gone')
  const why = first && 'reason' in first ? ` ${failed} did not: ${first.reason}.` : ''
  return { words: `${done} ${done === 1 ? 'message' : 'messages'} ${what}.${why}`, done, failed }
}
