import { Redis } from 'ioredis'
import type { Contender } from './contender'

const perCommand = 100

/**
 * RAW-V, the limit of what Redis and this client can carry: variadic RPUSH and LPOP of 100 blobs. No ids, no lease, no
 * retry: what a consumer holds when it dies is lost.
 */
export const rawLists: Contender = {
  name: 'RAW-V',
  async open({ port }, name) {
    const redis = new Redis({ port, host: '127.0.0.1' })
    let stopped = false
    const lanes: Promise<void>[] = []
    const lane = async (started: (body: unknown) => void) => {
      while (!stopped) {
        const blobs = await redis.lpopBuffer(name, perCommand)
        if (blobs) for (const blob of blobs) started(blob)
        else await new Promise((resolve) => setImmediate(resolve))
      }
    }
    return {
      enqueueBatch: (bodies) => redis.rpush(name, ...bodies.map((body) => JSON.stringify(body))),
      enqueue: (body) => redis.rpush(name, JSON.stringify(body)),
      async work(_concurrency, started) {
        for (let n = 0; n < 4; n++) lanes.push(lane(started))
      },
      async close() {
        stopped = true
        await Promise.all(lanes)
        redis.disconnect()
      },
    }
  },
}
