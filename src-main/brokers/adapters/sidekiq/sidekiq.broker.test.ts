import { describeAdapter } from '../../testing/adapter-conformance'
import type { AdapterStage } from '../../testing/adapter-stage'
import { startRedisStage } from '../../testing/redis-stage'
import { SidekiqAdapter } from './adapter'
import { SidekiqProgram } from './testing/sidekiq-program'
import { sidekiqScene } from './testing/sidekiq-scene'

describeAdapter('Sidekiq 6.4.1', async (): Promise<AdapterStage> => {
  const stage = await startRedisStage()
  const sidekiq = new SidekiqProgram(stage.server.port)
  return {
    name: `Sidekiq ${await sidekiq.version()}`,
    // Each scene's workers are new: what was told of those before is no news.
    adapter: new SidekiqAdapter(stage.client, { busyEveryMs: 0 }),
    reading: new SidekiqAdapter(stage.readingClient, { busyEveryMs: 0 }),
    discover: stage.discover,
    scene: () => sidekiqScene(stage, sidekiq),
    async stop() {
      await sidekiq.stop()
      await stage.stop()
    },
  }
})
