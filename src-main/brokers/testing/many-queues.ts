import type { Redis } from 'ioredis'

/** Queues as BullMQ 6 leaves them, q-0 and so on, each with one job that waits: three keys a queue. */
export async function bullmqQueues(redis: Redis, count: number, prefix = 'bull'): Promise<void> {
  const perPipeline = 2_000
  for (let from = 0; from < count; from += perPipeline) {
    const pipeline = redis.pipeline()
    for (let n = from; n < Math.min(count, from + perPipeline); n += 1) {
      const base = `${prefix}:q-${n}:`
      pipeline.hset(`${base}meta`, 'opts.maxLenEvents', '10000', 'version', 'bullmq:6.7.0')
      pipeline.rpush(`${base}wait`, '1')
      pipeline.hset(`${base}1`, 'name', 'job', 'data', '{}', 'opts', '{}', 'timestamp', '1700000000000')
    }
    await pipeline.exec()
  }
}
