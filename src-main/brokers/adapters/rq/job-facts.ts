import type { RedisClient } from '../../clients/redis'
import { askAll, buffersOf, type Command, listOf, numberOf, textOf } from '../redis-asking'
import { jobKeys } from './keys'
import type { Standing } from './standing'

interface Fact {
  readonly name: string
  readonly value: string
}

const mostExecutions = 10

/** Pure: what the score in its registry means. */
export function placeFacts({ state, score }: Standing, now: number): readonly Fact[] {
  if (score === null) return []
  const when = score < 0 || score === Number.POSITIVE_INFINITY ? 'for ever' : new Date(score * 1_000).toISOString()
  switch (state) {
    case 'dead':
      return [{ name: 'Kept until', value: when }]
    case 'done':
      return [{ name: 'Result kept until', value: when }]
    case 'delayed':
      return [{ name: 'Scheduled for', value: when }]
    case 'leased': {
      const isLate = score >= 0 && score * 1_000 < now
      const abandoned = isLate ? ': abandoned, RQ moves it to the failed jobs when it next cleans up' : ''
      return [{ name: 'Its worker’s heartbeat is good until', value: `${when}${abandoned}` }]
    }
    case 'ready':
      return []
  }
}

/** Since 2.0: who runs it. */
export async function executionFacts(redis: RedisClient, id: string): Promise<readonly Fact[]> {
  const keys = jobKeys(id)
  const [found] = await askAll(redis, [['ZRANGE', keys.executions, 0, mostExecutions - 1]])
  const executions = found?.ok ? buffersOf(found.value).map((each) => each.toString('utf8')) : []
  const hashes = await askAll(
    redis,
    executions.map((execution): Command => ['HMGET', keys.execution(execution), 'worker_name', 'last_heartbeat']),
  )
  return executions.map((execution, index) => {
    const answer = hashes[index]
    const [worker, beat] = answer?.ok ? listOf(answer.value) : []
    const at = numberOf(beat)
    const told = [
      textOf(worker) ? `worker ${textOf(worker)}` : null,
      at === null ? null : `heartbeat ${new Date(at * 1_000).toISOString()}`,
    ].filter((each) => each !== null)
    return { name: `Execution ${execution}`, value: told.join(', ') || 'expired' }
  })
}

export async function dependencyFacts(redis: RedisClient, id: string): Promise<readonly Fact[]> {
  const keys = jobKeys(id)
  const counts = await askAll(redis, [
    ['SCARD', keys.dependents],
    ['SCARD', keys.dependencies],
  ])
  const [dependents, dependencies] = counts.map((answer) => (answer.ok ? (numberOf(answer.value) ?? 0) : 0))
  return [
    ...(dependents! > 0 ? [{ name: 'Jobs that wait for it', value: String(dependents) }] : []),
    ...(dependencies! > 0 ? [{ name: 'Jobs that it depends on', value: String(dependencies) }] : []),
  ]
}
