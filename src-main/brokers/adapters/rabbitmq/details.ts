import type { DetailSection } from '@shared/model/details'
import { type QueueAddress, queueKey } from '@shared/model/queue'
import { listOf, numberIn, textIn } from '../../clients/rabbitmq-json'
import { alarmsOf, alarmWords } from '../../clients/rabbitmq-survey'
import { asked, pathOf } from './listing'
import { deliveryLimitOf } from './price'
import { factColumns, factsOf, isQuorum, productOf, type QueueFacts, settingOf } from './queue-facts'
import type { RabbitmqContext } from './rabbitmq-context'
import { type Space, spaceOf } from './topology'

type Fact = DetailSection['facts'][number]

const columns = `${factColumns},policy,operator_policy,memory,message_bytes,node,leader,members,online,single_active_consumer_tag`

/** What there is to know of one queue, in RabbitMQ's own words. */
export async function detailsOf(
  { connection, topology }: RabbitmqContext,
  queue: QueueAddress,
): Promise<readonly DetailSection[]> {
  const [row, known, alarms] = await Promise.all([
    connection.management.get(`${pathOf(queue)}?columns=${columns}`, asked(queue, `look at ${queue.name}`)),
    topology.recent(),
    alarmsOf(connection.management),
  ])
  const facts = factsOf(row)
  return [
    ...(alarms.length > 0
      ? [{ title: 'Alarms', note: alarms.map(alarmWords).join(' '), facts: [] } satisfies DetailSection]
      : []),
    queueSection(facts, row),
    policySection(facts, row),
    deadLetterSection(facts, spaceOf(known, queue), connection.version),
    limitSection(facts),
  ]
}

function queueSection(facts: QueueFacts, row: unknown): DetailSection {
  const memory = numberIn(row, 'memory')
  const bytes = numberIn(row, 'message_bytes')
  return {
    title: 'Queue',
    note: null,
    facts: [
      { name: 'Type', value: productOf(facts) },
      { name: 'Virtual host', value: facts.address.prefix },
      { name: 'State', value: facts.state },
      { name: 'Durable', value: yesNo(facts.durable) },
      ...(facts.exclusive
        ? [{ name: 'Exclusive', value: 'yes: only the connection that declared it may use it' }]
        : []),
      ...(facts.autoDelete ? [{ name: 'Auto-delete', value: 'yes: goes with its last consumer' }] : []),
      { name: 'Consumers', value: numberText(facts.consumers) },
      { name: 'Single active consumer', value: textIn(row, 'single_active_consumer_tag') },
      { name: isQuorum(facts) ? 'Leader' : 'Node', value: textIn(row, 'leader') ?? textIn(row, 'node') },
      ...namesFact('Members', row, 'members'),
      ...namesFact('Members online', row, 'online'),
      { name: 'Memory', value: memory === null ? null : `${memory.toLocaleString('en-US')} bytes` },
      { name: 'Bodies', value: bytes === null ? null : `${bytes.toLocaleString('en-US')} bytes` },
      ...Object.entries(facts.arguments).map(([name, value]) => ({ name: `Argument ${name}`, value: anyText(value) })),
    ].filter(({ name, value }) => value !== null || name === 'Consumers' || name === 'Memory'),
  }
}

function policySection({ policy }: QueueFacts, row: unknown): DetailSection {
  return {
    title: 'Policy',
    note: policy === null ? 'Not told: statistics are off, or the queue is some seconds old.' : null,
    facts: [
      { name: 'Policy', value: textIn(row, 'policy') ?? 'none' },
      { name: 'Operator policy', value: textIn(row, 'operator_policy') ?? 'none' },
      ...Object.entries(policy ?? {}).map(([name, value]) => ({ name: `In effect: ${name}`, value: anyText(value) })),
    ],
  }
}

function deadLetterSection(facts: QueueFacts, space: Space, version: string): DetailSection {
  const { address } = facts
  const way = space.deadLetters.ways.get(address.name)
  const limit = deliveryLimitOf(facts, version)
  const link = (name: string) => queueKey({ ...address, name })
  const sources = space.deadLetters.sourcesOf.get(address.name) ?? []
  const goTo: Fact[] = (way?.targets ?? []).map((target) => ({
    name: way?.certain ? 'They go to' : 'They may go to',
    value: target,
    queue: link(target),
  }))
  return {
    title: 'Dead letters',
    note: way ? null : 'No dead-letter exchange: what is rejected or expires here is dropped.',
    facts: [
      ...(way
        ? [
            { name: 'Dead-letter exchange', value: way.exchange === '' ? '(default)' : way.exchange },
            { name: 'Dead-letter routing key', value: way.routingKey ?? 'as each message came' },
          ]
        : []),
      ...goTo,
      ...(way && goTo.length === 0 ? [{ name: 'They go to', value: 'no queue that can be told' }] : []),
      ...(isQuorum(facts)
        ? [{ name: 'Delivery limit', value: limit === 'unknown' ? null : (numberText(limit) ?? 'none') }]
        : []),
      ...sources.map((source): Fact => ({ name: 'Takes dead letters of', value: source, queue: link(source) })),
    ],
  }
}

/** Each may stand in an argument or in a policy. */
const limitNames = [
  'max-length',
  'max-length-bytes',
  'overflow',
  'message-ttl',
  'expires',
  'max-age',
  'max-priority',
  'queue-mode',
] as const

function limitSection(facts: QueueFacts): DetailSection {
  const set = limitNames.flatMap((name): Fact[] => {
    const value = settingOf(facts, name)
    return value === undefined ? [] : [{ name, value: anyText(value) }]
  })
  return { title: 'Limits', note: set.length === 0 ? 'None is set.' : null, facts: set }
}

function namesFact(name: string, row: unknown, field: string): readonly Fact[] {
  const names = listOf((row as Readonly<Record<string, unknown>>)[field])
  return names.length === 0 ? [] : [{ name, value: names.join(', ') }]
}

const yesNo = (value: boolean): string => (value ? 'yes' : 'no')
const numberText = (value: number | null): string | null => (value === null ? null : value.toLocaleString('en-US'))
const anyText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
