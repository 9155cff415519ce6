import type { Worker, WorkerReport } from '@shared/model/worker'
import type { RabbitmqConnection } from '../../clients/rabbitmq'
import { listOf, numberIn, recordOf, textIn, valueIn } from '../../clients/rabbitmq-json'
import { mayMonitor } from '../../clients/rabbitmq-survey'
import { listPerSpace } from './listing'

const mostWorkers = 1_000

/** One worker for each consumer that a queue delivers to. Whoever takes by basic.get is none. */
export async function workersOf(connection: RabbitmqConnection): Promise<WorkerReport> {
  const { management, user, statisticsOff } = connection
  if (statisticsOff) {
    const incomplete = 'The broker’s statistics are switched off: consumers cannot be told.'
    return { layout: 'rabbitmq', workers: [], incomplete, truncated: false }
  }
  const [{ rows: consumers }, connections, channels] = await Promise.all([
    listPerSpace(
      connection,
      'consumers',
      'consumer_tag,channel_details,queue,prefetch_count,ack_required,exclusive,active',
    ),
    management.get('/connections?columns=name,connected_at,user_provided_name,client_properties', {
      act: 'list connections',
    }),
    management.get('/channels?columns=name,messages_unacknowledged,consumer_count', { act: 'list channels' }),
  ])
  const byName = (rows: unknown) => new Map(listOf(rows).map((row) => [textIn(row, 'name') ?? '', row]))
  const known = { connections: byName(connections), channels: byName(channels) }
  return {
    layout: 'rabbitmq',
    workers: consumers.slice(0, mostWorkers).map((row) => workerOf(row, known)),
    incomplete: mayMonitor(user)
      ? null
      : `The user ${user.name} sees consumers of its own connections alone: the tag monitoring shows all.`,
    truncated: consumers.length > mostWorkers,
  }
}

function workerOf(
  row: unknown,
  known: { readonly connections: ReadonlyMap<string, unknown>; readonly channels: ReadonlyMap<string, unknown> },
): Worker {
  const channel = recordOf(valueIn(row, 'channel_details'))
  const connection = known.connections.get(textIn(channel, 'connection_name') ?? '')
  const channelFacts = known.channels.get(textIn(channel, 'name') ?? '')
  const queue = textIn(recordOf(valueIn(row, 'queue')), 'name')
  const space = textIn(recordOf(valueIn(row, 'queue')), 'vhost')
  const peer = textIn(channel, 'peer_host')
  const prefetch = numberIn(row, 'prefetch_count')
  const unacked = numberIn(channelFacts, 'messages_unacknowledged')
  const acknowledges = valueIn(row, 'ack_required') !== false
  // What a channel holds is told for all its consumers together.
  const own = numberIn(channelFacts, 'consumer_count') === 1 ? unacked : null
  return {
    id: `${textIn(row, 'consumer_tag') ?? ''} on ${textIn(channel, 'name') ?? 'an unknown channel'}`,
    host: peer === null ? null : `${peer}:${numberIn(channel, 'peer_port') ?? '?'}`,
    pid: null,
    queues: queue === null ? null : [queue],
    ...(space === null ? {} : { space }),
    state: own === null || !acknowledges ? 'unknown' : own > 0 ? 'busy' : 'idle',
    startedAt: numberIn(connection, 'connected_at'),
    heartbeatAt: null,
    // 0 is no limit.
    concurrency: prefetch === null || prefetch === 0 ? null : prefetch,
    holds: [],
    holdsCount: own,
    note: noteOf(row, { connection, acknowledges, prefetch }),
  }
}

function noteOf(
  row: unknown,
  facts: { readonly connection: unknown; readonly acknowledges: boolean; readonly prefetch: number | null },
): string {
  const { connection, acknowledges, prefetch } = facts
  const properties = recordOf(valueIn(connection, 'client_properties'))
  const named = textIn(properties, 'connection_name') ?? textIn(connection, 'user_provided_name')
  const product = [textIn(properties, 'product'), textIn(properties, 'version')].filter(Boolean).join(' ')
  return [
    ...(named ? [`connection ${named}`] : []),
    ...(product ? [product] : []),
    prefetch ? `prefetch ${prefetch}` : 'no prefetch limit',
    acknowledges ? 'acknowledges by hand' : 'acknowledges by itself: a crash loses what it holds',
    ...(valueIn(row, 'exclusive') === true ? ['exclusive'] : []),
    ...(valueIn(row, 'active') === false ? ['waits: another consumer is the active one'] : []),
  ].join(', ')
}
