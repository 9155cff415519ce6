import type { RedisClient } from '../../clients/redis'
import type { Found, KeyFamily } from '../../reader'
import { askTogether } from '../asking-together'
import { type Command, textOf } from '../redis-asking'

/** Whatever is a list and belongs to no library. */
export const listKeyFamily = (redis: RedisClient): KeyFamily => ({
  sight: () => null,
  unclaimed: 'list',
  async prove(candidates) {
    const types = await askTogether(
      redis,
      candidates.map((key): Command => ['TYPE', key]),
    )
    return candidates.map((key, index): readonly Found[] => {
      const type = types[index]!
      if (!type.ok || textOf(type.value) !== 'list' || key === '') return []
      return [{ address: { layout: 'list', prefix: '', name: key }, product: 'Redis list' }]
    })
  },
})
