import type { QueueAddress } from '@shared/model/queue'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import type { Found } from '../../reader'
import { askTogether } from '../asking-together'
import { type Answer, buffersOf, type Command, listOf, textOf } from '../redis-asking'
import { jidOf, jobOf, wordOf } from './job'
import { keysOf, listKey, setAddress, setKey, setNames } from './keys'
import { readProcesses } from './processes'

/** Queues of one prefix that are shown. */
const mostQueues = 10_000
/** Lists that are looked at for a job, to tell Sidekiq's registry from Resque's and from strangers'. */
const mostProbed = 50
const daysProbed = 7
const dayMs = 86_400_000

/**
 * Every queue under a prefix, and its three sets; nothing where no Sidekiq is. A set named `queues` alone proves nothing, since
 * Resque and others keep one too: somewhere under the prefix there is a job with a class and a jid, a process that told what it is,
 * or a day's count, which Sidekiq alone keeps.
 */
export async function installationAt(redis: RedisClient, prefix: string, clock: Clock): Promise<readonly Found[]> {
  const names = await queueNames(redis, prefix)
  if (!(await isSidekiq(redis, { prefix, names, clock }))) return []
  const product = await productOf(redis, prefix)
  const queues = names
    // Its own API makes no such names; what has one is hidden by the set of that name.
    .filter((name) => !setNames.some((set) => set === name))
    .map((name): QueueAddress => ({ layout: 'sidekiq', prefix, name }))
  const deadSet = setAddress(prefix, 'dead set')
  return [
    ...queues.map(
      (address): Found => ({
        address,
        product,
        ownKeys: [listKey(prefix, address.name)],
        deadLetterQueue: deadSet,
      }),
    ),
    ...setNames.map(
      (set): Found => ({
        address: setAddress(prefix, set),
        product,
        ownKeys: [setKey(prefix, set)],
        ...(set === 'dead set' && { deadLetterSources: queues }),
      }),
    ),
  ]
}

/** Names in the registry; none where it is something else, or where this user may not look. */
export async function queueNames(redis: RedisClient, prefix: string): Promise<readonly string[]> {
  const names = new Set<string>()
  let cursor = '0'
  do {
    const [scan] = await askTogether(redis, [['SSCAN', keysOf(prefix).queues, cursor, 'COUNT', 1_000]])
    if (!scan?.ok) break
    const [next, members] = listOf(scan.value)
    for (const member of buffersOf(members)) names.add(member.toString('utf8'))
    cursor = textOf(next) ?? '0'
  } while (cursor !== '0' && names.size < mostQueues)
  return [...names].sort()
}

async function isSidekiq(
  redis: RedisClient,
  { prefix, names, clock }: { readonly prefix: string; readonly names: readonly string[]; readonly clock: Clock },
): Promise<boolean> {
  const keys = keysOf(prefix)
  const days = Array.from({ length: daysProbed }, (_, back) =>
    new Date(clock.now() - back * dayMs).toISOString().slice(0, 10),
  )
  const answers = await askTogether(redis, [
    ...setNames.map((set): Command => ['ZRANGE', setKey(prefix, set), 0, 0]),
    ...names.slice(0, mostProbed).map((name): Command => ['LRANGE', listKey(prefix, name), -1, -1]),
    ...days.map((day): Command => ['GET', keys.processedOn(day)]),
  ])
  const values = answers.map(valueIn)
  if (values.slice(0, -daysProbed).some((heads) => buffersOf(heads).some(isJob))) return true
  if (values.slice(-daysProbed).some((count) => /^\d+$/.test(textOf(count) ?? ''))) return true
  return (await readProcesses(redis, prefix)).processes.some(({ info }) => info !== null)
}

function isJob(bytes: Buffer): boolean {
  const job = jobOf(bytes)
  return jidOf(job) !== null && wordOf(job, 'class') !== null
}

/** A process tells its version since 7; no job and no key does. */
async function productOf(redis: RedisClient, prefix: string): Promise<string> {
  const { processes } = await readProcesses(redis, prefix)
  const infos = processes.flatMap(({ info }) => (info ? [info] : []))
  if (infos.length === 0) return 'Sidekiq, version unknown'
  const versions = [...new Set(infos.flatMap(({ version }) => version ?? []))].sort()
  return versions.length === 0 ? 'Sidekiq, version 6 or older' : `Sidekiq ${versions.join(' and ')}`
}

const valueIn = (answer: Answer | undefined): unknown => (answer?.ok ? answer.value : null)
