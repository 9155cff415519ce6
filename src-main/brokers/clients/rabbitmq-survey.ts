import { listOf, numberIn, textIn, valueIn } from './rabbitmq-json'
import type { RabbitmqManagement } from './rabbitmq-management'

export interface RabbitmqUser {
  readonly name: string
  readonly tags: readonly string[]
}

/** What is worth knowing of a broker at connect: who it is, what it lacks, and what this user may not see. */
export interface SurveyedRabbitmq {
  readonly server: string
  readonly version: string
  readonly cluster: string
  readonly runId: string
  readonly user: RabbitmqUser
  readonly statisticsMs: number
  readonly statisticsOff: boolean
  /** How far back the plugin keeps queues' figures, seconds, shortest first; [] where it does not say. */
  readonly keptForSeconds: readonly number[]
  readonly shovel: { readonly able: true } | { readonly able: false; readonly reason: string }
  /** In words: partitions, statistics, tags. */
  readonly notices: readonly string[]
  /** In words: what makes the broker stop taking messages in. */
  readonly alarms: readonly string[]
}

/** RabbitMQ's default. No version tells its setting, except some in the overview. */
const defaultStatisticsMs = 5_000

/** Five small questions at most. Throws a Failure where the first is refused. */
export async function surveyRabbitmq(management: RabbitmqManagement): Promise<SurveyedRabbitmq> {
  const [overview, whoami] = await Promise.all([
    management.get('/overview', { act: 'use the management plugin' }),
    management.get('/whoami', { act: 'use the management plugin' }),
  ])
  const user = { name: textIn(whoami, 'name') ?? '', tags: tagsIn(whoami) }
  const [alarms, nodes, extensions] = await Promise.all([
    management.status('/health/checks/alarms', 'ask for alarms'),
    mayMonitor(user) ? nodesOf(management) : Promise.resolve(null),
    management.get('/extensions', { act: 'ask for plugins' }).catch(() => []),
  ])
  const version = textIn(overview, 'rabbitmq_version') ?? 'of unknown version'
  const statisticsOff = valueIn(overview, 'disable_stats') === true
  const node = textIn(overview, 'node')
  return {
    server: `RabbitMQ ${version}`,
    version,
    cluster: textIn(overview, 'cluster_name') ?? '',
    runId: nodes?.find(({ name }) => name === node)?.run ?? '',
    user,
    statisticsMs: numberIn(overview, 'collect_statistics_interval') ?? defaultStatisticsMs,
    statisticsOff,
    keptForSeconds: listOf(valueIn(valueIn(overview, 'sample_retention_policies'), 'basic'))
      .filter((each): each is number => typeof each === 'number')
      .sort((a, b) => a - b),
    shovel: shovelOf(extensions, user),
    alarms: alarmsIn(alarms.body).map(alarmWords),
    notices: [
      ...(nodes ?? []).flatMap(troublesOf),
      ...(statisticsOff
        ? ['This broker’s statistics are switched off: rates, totals, memory and consumers cannot be told.']
        : []),
      ...(textIn(overview, 'rates_mode') === 'none' ? ['This broker tells no rates (rates_mode none).'] : []),
      ...tagNotices(user),
    ],
  }
}

/** Which of memory and disk made the broker stop taking messages in, by node; [] when none. Needs no more than the tag management. */
export async function alarmsOf(management: RabbitmqManagement): Promise<readonly Alarm[]> {
  return alarmsIn((await management.status('/health/checks/alarms', 'ask for alarms')).body)
}

export interface Alarm {
  readonly node: string
  /** "memory", "disk space". */
  readonly resource: string
}

export function alarmWords({ node, resource }: Alarm): string {
  const [what, until] = /^disk/.test(resource)
    ? ['disk', 'disk space is free (disk_free_limit)']
    : [resource, 'memory is free (vm_memory_high_watermark)']
  return `${node} has a ${what} alarm: RabbitMQ takes no messages in until ${until}.`
}

export const mayMonitor = ({ tags }: RabbitmqUser): boolean =>
  tags.includes('monitoring') || tags.includes('administrator')

export const maySetParameters = ({ tags }: RabbitmqUser): boolean =>
  tags.includes('policymaker') || tags.includes('administrator')

function tagNotices(user: RabbitmqUser): readonly string[] {
  const notices: string[] = []
  if (!mayMonitor(user)) {
    notices.push(
      `The user ${user.name} has the tags ${user.tags.join(', ') || 'none'}: nodes, memory, other users’ connections and consumers, and virtual hosts that it may not enter are hidden. The tag monitoring shows them.`,
    )
  }
  return notices
}

function shovelOf(extensions: unknown, user: RabbitmqUser): SurveyedRabbitmq['shovel'] {
  const scripts = listOf(extensions).map((each) => textIn(each, 'javascript'))
  if (!scripts.includes('shovel.js')) {
    return { able: false, reason: 'the plugins rabbitmq_shovel and rabbitmq_shovel_management are not enabled' }
  }
  return maySetParameters(user)
    ? { able: true }
    : { able: false, reason: 'a shovel needs a user with the tag policymaker' }
}

interface NodeState {
  readonly name: string
  readonly run: string
  readonly running: boolean
  readonly partitions: readonly string[]
}

async function nodesOf(management: RabbitmqManagement): Promise<readonly NodeState[]> {
  const rows = await management.get('/nodes?columns=name,running,partitions,os_pid,uptime', { act: 'list nodes' })
  return listOf(rows).map((row) => ({
    name: textIn(row, 'name') ?? '',
    run: textIn(row, 'os_pid') ?? '',
    running: valueIn(row, 'running') !== false,
    partitions: listOf(valueIn(row, 'partitions')).filter((name): name is string => typeof name === 'string'),
  }))
}

function troublesOf({ name, running, partitions }: NodeState): readonly string[] {
  return [
    ...(running ? [] : [`The node ${name} is not running: queues that live on it alone cannot be reached.`]),
    ...(partitions.length > 0
      ? [`The node ${name} is cut off from ${partitions.join(', ')}: the cluster is partitioned.`]
      : []),
  ]
}

const alarmsIn = (body: unknown): readonly Alarm[] =>
  listOf(valueIn(body, 'alarms')).map((alarm) => ({
    node: textIn(alarm, 'node') ?? 'a node',
    resource: textIn(alarm, 'resource') ?? 'resource',
  }))

/** A list in recent versions, one text with commas in old ones. */
function tagsIn(whoami: unknown): readonly string[] {
  const tags = valueIn(whoami, 'tags')
  const list = typeof tags === 'string' ? tags.split(',') : listOf(tags)
  return list.filter((tag): tag is string => typeof tag === 'string' && tag !== '')
}
