import type { QueueAddress } from '@shared/model/queue'
import type { AdapterScene } from '../../../testing/adapter-stage'
import type { RedisStage } from '../../../testing/redis-stage'
import type { SidekiqProgram } from './sidekiq-program'

export const at = (name: string, prefix = ''): QueueAddress => ({ layout: 'sidekiq', prefix, name })

const deadSet = at('dead set')

/** Jobs of the real producer in every state; the dead ones' queue is empty, so that what is brought back is alone in it. */
export async function sidekiqScene({ admin, writes }: RedisStage, sidekiq: SidekiqProgram): Promise<AdapterScene> {
  await admin.flushall()
  await admin.set('test:declined', '1')
  const dying = Array.from({ length: 6 }, (_, n) => ({
    queue: 'payments',
    args: [n, { card: 'declined' }],
    retry: 0,
    backtrace: 5,
  }))
  await sidekiq.push(dying)
  await sidekiq.work('payments')
  // One that was tried twice, and one that waits for its next try.
  const [twice] = await sidekiq.push([{ queue: 'payments', args: [6, 'twice'], retry: 1 }])
  await sidekiq.work('payments')
  await sidekiq.act('retry', twice!, 'add_to_queue')
  await sidekiq.work('payments')
  const [retrying] = await sidekiq.push([{ queue: 'payments', args: ['é', 1.5, null], backtrace: true }])
  await sidekiq.work('payments')
  await admin.del('test:declined', 'test:given')
  const ready = await sidekiq.push([0, 1, 2, 3].map((n) => ({ queue: 'default', args: [n] })))
  const [scheduled] = await sidekiq.push([{ queue: 'default', args: ['later'], at: 4_102_444_800.25 }])
  await sidekiq.push([0, 1, 2].map((n) => ({ queue: 'slow', args: [n], class: 'Hold' })))
  // The first scene's two are held for as long as the program lives.
  await sidekiq.hold()
  await sidekiq.beat()
  await admin.set('session:1', 'a stranger')
  await admin.lpush('plain', 'a stranger')
  await admin.sadd('rooms:queues', 'of somebody else')
  const [held] = (await admin.hvals((await admin.keys('*:workers'))[0]!)).map((text) => JSON.parse(text).payload)
  const died = await sidekiq.jids()
  return {
    async truth() {
      const { queues, sets } = await sidekiq.counts()
      const none = { ready: 0, leased: 0, delayed: 0, dead: 0 }
      return [
        ...Object.entries(queues).map(([name, counts]) => ({ queue: at(name), counts: { ...none, ...counts } })),
        { queue: deadSet, counts: { ...none, dead: sets.dead } },
        { queue: at('retry set'), counts: { ...none, delayed: sets.retry } },
        { queue: at('scheduled set'), counts: { ...none, delayed: sets.schedule } },
      ]
    },
    samples: [
      { queue: at('default'), state: 'ready', id: ready[0]!, body: '[0]', name: 'Charge', attempts: 0 },
      {
        queue: deadSet,
        state: 'dead',
        id: died.sets.dead.find((jid) => jid !== twice)!,
        body: '[5,{"card":"declined"}]',
        error: { message: 'CardDeclined: card was declined', stack: 'sidekiq_jobs.rb' },
        name: 'Charge',
        attempts: 1,
      },
      {
        queue: deadSet,
        state: 'dead',
        id: twice!,
        body: '[6,"twice"]',
        error: { message: 'card was declined\nsecond line', stack: null },
        attempts: 2,
      },
      {
        queue: at('retry set'),
        state: 'delayed',
        id: retrying!,
        body: '["é",1.5,null]',
        error: { message: 'card was declined', stack: 'sidekiq_jobs.rb' },
        attempts: 1,
      },
      { queue: at('scheduled set'), state: 'delayed', id: scheduled!, body: '["later"]', attempts: 0 },
      {
        queue: at('slow'),
        state: 'leased',
        id: JSON.parse(held).jid,
        body: JSON.stringify(JSON.parse(held).args),
        name: 'Hold',
        attempts: 1,
      },
    ],
    mended: deadSet,
    work: async () => (await sidekiq.work('payments')).map(({ args }) => args),
    edited: (body) => body.replace('"declined"', '"accepted"').replace('"twice"', '"once"'),
    outgoing: { name: 'Charge', body: '[1, {"sent": true}]', queue: at('payments') },
    received: '[1,{"sent":true}]',
    async spoil({ name }) {
      await admin.del(`queue:${name}`)
      await admin.set(`queue:${name}`, 'not a list')
    },
    async vanish({ name }) {
      await admin.del(`queue:${name}`)
      await admin.srem('queues', name)
    },
    writes,
  }
}
