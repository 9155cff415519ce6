import type { QueueAddress } from '@shared/model/queue'
import type { LineProgram } from '../../../testing/line-program'
import { type RedisStage, startRedisStage } from '../../../testing/redis-stage'
import { RqAdapter } from '../adapter'
import { startRq } from './rq-program'

/** A Redis, the real RQ on it, and the adapter, for tests of what is special to it. */
export interface RqStage extends RedisStage {
  readonly rq: LineProgram
  readonly adapter: RqAdapter
  /** Jobs with RQ's own options; answers their ids. */
  submit(args: readonly unknown[], options?: Readonly<Record<string, unknown>>): Promise<string>
  /** Works on all that is queued, with failing calls failing. */
  work(): Promise<unknown>
  /** The same after the fault was mended: failing calls go well. Answers what each was given. */
  workHealed(): Promise<readonly string[]>
  close(): Promise<void>
}

export const mail: QueueAddress = { layout: 'rq', prefix: 'rq', name: 'mail' }

export async function startRqStage(): Promise<RqStage> {
  const stage = await startRedisStage()
  const rq = startRq(stage.server.port)
  const work = () => rq.ask(['work', mail.name])
  return {
    ...stage,
    rq,
    adapter: new RqAdapter(stage.client),
    submit: (args, options = {}) => rq.ask<string>(['submit', mail.name, args, options]),
    work,
    async workHealed() {
      await stage.admin.set('healed', '1')
      await stage.admin.del('worked')
      await work()
      return await stage.admin.lrange('worked', 0, -1)
    },
    async close() {
      await rq.stop()
      await stage.stop()
    },
  }
}
