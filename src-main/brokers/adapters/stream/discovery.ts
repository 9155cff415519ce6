import type { RedisClient } from '../../clients/redis'
import type { Found, KeyFamily } from '../../reader'
import { askTogether } from '../asking-together'
import { type Command, textOf } from '../redis-asking'

/** Whatever is a stream and belongs to no library. */
export const streamKeyFamily = (redis: RedisClient, found: (key: string) => void): KeyFamily => ({
  sight: () => null,
  unclaimed: 'stream',
  async prove(candidates) {
    const types = await askTogether(
      redis,
      candidates.map((key): Command => ['TYPE', key]),
    )
    return candidates.map((key, index): readonly Found[] => {
      const type = types[index]!
      if (!type.ok || textOf(type.value) !== 'stream' || key === '') return []
      found(key)
      return [{ address: { layout: 'stream', prefix: '', name: key }, product: 'Redis stream' }]
    })
  },
})
