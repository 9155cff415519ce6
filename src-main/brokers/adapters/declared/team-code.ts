import type { Redis } from 'ioredis'

/**
 * No library makes these layouts: teams write them by hand, over their Redis client. This is such code, as it is in wide use and with
 * all that it can lose, for tests: producers and workers that know nothing of the console.
 */
export interface TeamJob {
  readonly id: string
  readonly type: string
  readonly payload: unknown
  readonly attempts: number
  readonly maxAttempts: number
  readonly createdAt: number
}

export const teamJob = (id: string, payload: unknown, more: Partial<TeamJob> = {}): TeamJob => ({
  id,
  type: 'job',
  payload,
  attempts: 0,
  maxAttempts: 3,
  createdAt: Date.now(),
  ...more,
})

type Run = (job: TeamJob) => unknown

/** `queue:NAME` with its three companions. */
export class ListQueue {
  private readonly key: string

  constructor(
    private readonly redis: Redis,
    name: string,
  ) {
    this.key = `queue:${name}`
  }

  async enqueue(job: TeamJob): Promise<string> {
    const raw = JSON.stringify(job)
    await this.redis.lpush(this.key, raw)
    return raw
  }

  async enqueueLater(job: TeamJob, delayMs: number): Promise<string> {
    const raw = JSON.stringify(job)
    await this.redis.zadd(`${this.key}:delayed`, Date.now() + delayMs, raw)
    return raw
  }

  /** Takes one, and answers it as it was; null when there is none. */
  async take(): Promise<string | null> {
    const raw = await this.redis.rpop(this.key)
    if (raw === null) return null
    await this.redis.hset(`${this.key}:processing`, (JSON.parse(raw) as TeamJob).id, raw)
    return raw
  }

  /** Works until nothing is ready; answers what it was given. What fails for the last time goes to the dead letters. */
  async work(run: Run): Promise<readonly string[]> {
    const given: string[] = []
    for (let raw = await this.take(); raw !== null; raw = await this.take()) {
      given.push(raw)
      const job = JSON.parse(raw) as TeamJob
      try {
        await run(job)
      } catch (error) {
        const attempts = job.attempts + 1
        const failed = { ...job, attempts, error: (error as Error).message, failedAt: Date.now() }
        if (attempts >= job.maxAttempts) await this.redis.lpush(`${this.key}:dead`, JSON.stringify(failed))
        else await this.redis.lpush(this.key, JSON.stringify(failed))
      }
      await this.redis.hdel(`${this.key}:processing`, job.id)
    }
    return given
  }
}

/** `stream:NAME` read by `group:NAME`. */
export class StreamQueue {
  private readonly key: string
  private readonly group: string

  constructor(
    private readonly redis: Redis,
    private readonly name: string,
  ) {
    this.key = `stream:${name}`
    this.group = `group:${name}`
  }

  async start(): Promise<void> {
    await this.redis.xgroup('CREATE', this.key, this.group, '0', 'MKSTREAM').catch(() => {})
  }

  /** Answers null for what was produced before. */
  async enqueue(job: TeamJob): Promise<string | null> {
    const isFresh = await this.redis.set(`dedup:${this.name}:${job.id}`, '1', 'EX', 3_600, 'NX')
    return isFresh === null ? null : await this.redis.xadd(this.key, '*', 'data', JSON.stringify(job))
  }

  async enqueueLater(job: TeamJob, delayMs: number): Promise<void> {
    await this.redis.zadd(`${this.key}:delayed`, Date.now() + delayMs, JSON.stringify(job))
  }

  async take(count: number): Promise<readonly (readonly [id: string, raw: string])[]> {
    const answer = (await this.redis.xreadgroup(
      'GROUP',
      this.group,
      'worker-1',
      'COUNT',
      count,
      'STREAMS',
      this.key,
      '>',
    )) as [string, [string, string[]][]][] | null
    const entries = (answer?.[0]?.[1] ?? []).map(([id, fields]) => [id, fields[1] ?? ''] as const)
    for (const [id] of entries) await this.redis.hset(`processing:${this.name}`, id, JSON.stringify({ at: Date.now() }))
    return entries
  }

  async work(run: Run): Promise<readonly string[]> {
    const given: string[] = []
    for (let entries = await this.take(10); entries.length > 0; entries = await this.take(10))
      for (const [id, raw] of entries) {
        given.push(raw)
        try {
          await run(JSON.parse(raw) as TeamJob)
        } catch (error) {
          const failed = {
            ...(JSON.parse(raw) as TeamJob),
            attempts: 3,
            error: (error as Error).message,
            failedAt: Date.now(),
          }
          await this.redis.lpush(`dlq:${this.name}`, JSON.stringify(failed))
        }
        await this.redis.xack(this.key, this.group, id)
        await this.redis.xdel(this.key, id)
        await this.redis.hdel(`processing:${this.name}`, id)
      }
    return given
  }
}

/** `pqueue:NAME`: what is urgent has the lower score. */
export const enqueueByPriority = (redis: Redis, name: string, job: TeamJob, priority: number) =>
  redis.zadd(`pqueue:${name}`, priority, JSON.stringify(job))

/** `events:TYPE`: the event is kept, and whoever listens is told. */
export async function emit(redis: Redis, type: string, event: Readonly<Record<string, unknown>>): Promise<string> {
  const raw = JSON.stringify({ type, ...event })
  await redis.lpush(`events:${type}`, raw)
  await redis.publish(`events:${type}`, raw)
  return raw
}
