import type { RedisClient } from '../../clients/redis'
import type { Found, KeyFamily } from '../../reader'
import { askTogether } from '../asking-together'
import { prefixAndName } from '../prefixed-name'
import { type Command, textOf } from '../redis-asking'
import { defaultBeePrefix } from './keys'

/** What a queue is known by, and the type that each must have; `jobs` must be there. */
const telltales = {
  jobs: 'hash',
  waiting: 'list',
  active: 'list',
  delayed: 'zset',
  succeeded: 'set',
  failed: 'set',
  stallBlock: 'string',
  stalling: 'set',
} as const

const names = Object.keys(telltales) as readonly (keyof typeof telltales)[]

/** bee-queue's queues by the names of their keys: a hash of jobs, and one of the places where they stand. */
export const beeKeyFamily = (redis: RedisClient): KeyFamily => ({
  sight(key) {
    const cut = key.lastIndexOf(':')
    if (cut <= 0) return null
    const suffix = key.slice(cut + 1)
    return suffix === 'id' || Object.hasOwn(telltales, suffix) ? { candidate: key.slice(0, cut) } : null
  },
  async prove(candidates) {
    const answers = await askTogether(
      redis,
      candidates.flatMap((path) => names.map((name): Command => ['TYPE', `${path}:${name}`])),
    )
    return candidates.map((path, index): readonly Found[] => {
      const stands = names.filter((name, at) => {
        const answer = answers[index * names.length + at]
        return answer?.ok && textOf(answer.value) === telltales[name]
      })
      const address = prefixAndName(path, [defaultBeePrefix])
      if (!address || !stands.includes('jobs') || stands.length < 2) return []
      return [{ address: { layout: 'bee', ...address }, product: 'bee-queue', keyBase: `${path}:` }]
    })
  },
})
