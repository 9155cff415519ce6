import { type Layout, type QueueInfo, queueKey } from '@shared/model/queue'
import { describe, expect, it } from 'vitest'
import { spaceOf } from './space'

const info = (layout: Layout, prefix: string, name: string): QueueInfo => ({
  key: queueKey({ layout, prefix, name }),
  layout,
  prefix,
  name,
  product: '',
  paused: null,
  trouble: null,
})
const mapOf = (...infos: readonly QueueInfo[]) => new Map(infos.map((each) => [each.key, each]))

describe('the space of a queue', () => {
  const [here, there] = [info('rabbitmq', '/', 'mail'), info('rabbitmq', 'billing', 'mail')]

  it('is told where there are several virtual hosts', () => {
    const queues = mapOf(here, there)
    expect([spaceOf(queues, here.key), spaceOf(queues, there.key)]).toEqual(['/', 'billing'])
  })

  it('is not told where one is all, nor where a prefix means something else', () => {
    expect(spaceOf(mapOf(here, info('rabbitmq', '/', 'orders')), here.key)).toBeNull()
    const [one, other] = [info('bullmq', 'bull', 'a'), info('bullmq', 'jobs', 'a')]
    expect(spaceOf(mapOf(one, other), one.key)).toBeNull()
    expect(spaceOf(mapOf(), here.key)).toBeNull()
  })
})
