import type { DetailSection } from '@shared/model/details'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import { askAll, brokerTime, numberOf } from '../redis-asking'
import { unreadOf } from '../stream-facts'
import { timeOfId } from '../stream-ids'
import { overview } from './browsing'

/** What the server tells of a stream, and what follows from it. */
export async function streamDetails(redis: RedisClient, key: string, clock: Clock): Promise<readonly DetailSection[]> {
  const seen = await overview(redis, key)
  if (!seen) return [{ title: 'Stream', note: 'It is not there any more.', facts: [] }]
  const { stream, groups } = seen
  const now = await brokerTime(redis, clock)
  const [memory] = await askAll(redis, [['MEMORY', 'USAGE', key, 'SAMPLES', '5']])
  const bytes = memory?.ok ? numberOf(memory.value) : null
  const unread = unreadOf(stream, groups)
  const isWhole = stream.entriesAdded === null || stream.entriesAdded === stream.length
  return [
    {
      title: 'Stream',
      note: null,
      facts: [
        { name: 'Entries', value: String(stream.length) },
        { name: 'Added since it exists', value: shown(stream.entriesAdded) },
        { name: 'First entry', value: idWithTime(stream.firstId, now) },
        { name: 'Last entry', value: idWithTime(stream.lastId, now) },
        { name: 'Last deleted by id', value: stream.maxDeletedId ?? 'none' },
        { name: 'Bytes, estimated', value: shown(bytes) },
      ],
    },
    {
      title: 'Retention',
      note: groups.length === 0 ? 'Nobody reads it in groups: all entries count as unread.' : null,
      facts: [
        { name: 'Groups', value: String(groups.length) },
        { name: 'Unread by the slowest group', value: shown(unread) },
        {
          name: 'Read by all and still there',
          value: unread === null ? null : `at most ${Math.max(0, stream.length - unread)}`,
        },
        { name: 'Entries trimmed or deleted', value: isWhole ? 'none' : shown(gone(stream)) },
      ],
    },
  ]
}

const gone = ({ entriesAdded, length }: { readonly entriesAdded: number | null; readonly length: number }) =>
  entriesAdded === null ? null : entriesAdded - length

const shown = (number: number | null): string | null => (number === null ? null : String(number))

function idWithTime(id: string | null, now: number): string {
  if (id === null) return 'none'
  const at = timeOfId(id, now)
  return at === null ? id : `${id} (${new Date(at).toISOString()})`
}
