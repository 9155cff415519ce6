import { type RedisStage, startRedisStage } from '../../../testing/redis-stage'
import { SidekiqAdapter } from '../adapter'
import { SidekiqProgram } from './sidekiq-program'

/** A Redis, the real Sidekiq on it, and the adapter, for tests of what is special to it. */
export interface SidekiqStage extends RedisStage {
  readonly sidekiq: SidekiqProgram
  readonly adapter: SidekiqAdapter
  /** Jobs that fail on `payments` and are dead after their first try; answers their jids. */
  dead(count: number, more?: { readonly retry?: number; readonly backtrace?: boolean }): Promise<readonly string[]>
  close(): Promise<void>
}

export async function startSidekiqStage(): Promise<SidekiqStage> {
  const stage = await startRedisStage()
  const sidekiq = new SidekiqProgram(stage.server.port)
  return {
    ...stage,
    sidekiq,
    adapter: new SidekiqAdapter(stage.client, { busyEveryMs: 0 }),
    async dead(count, { retry = 0, backtrace = false } = {}) {
      await stage.admin.set('test:declined', '1')
      const jobs = Array.from({ length: count }, (_, n) => ({ queue: 'payments', args: [n], retry, backtrace }))
      const jids = await sidekiq.push(jobs)
      await sidekiq.work('payments')
      await stage.admin.del('test:declined', 'test:given')
      return jids
    },
    async close() {
      await sidekiq.stop()
      await stage.stop()
    },
  }
}
