import { afterAll, beforeAll } from 'vitest'
import { startRedis, type TestRedis } from '../../brokers/testing/redis-server'
import { Engine } from '../engine'

/** A Redis of the test file's own and an engine on it, there from beforeAll to afterAll. */
export interface EngineOnRedis {
  readonly server: TestRedis
  readonly engine: Engine
  /** A queue's name that nobody has used. */
  fresh(): string
}

export function engineOnRedis(name: string): EngineOnRedis {
  let server: TestRedis
  let engine: Engine
  let counter = 0
  beforeAll(async () => {
    server = await startRedis()
    engine = await Engine.open({ redis: { port: server.port } })
  })
  afterAll(async () => {
    await engine.close(100)
    await server.stop()
  })
  return {
    get server() {
      return server
    },
    get engine() {
      return engine
    },
    fresh: () => `${name} ${counter++}`,
  }
}
