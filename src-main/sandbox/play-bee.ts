import BeeQueue from 'bee-queue'
import { waitByMove } from './moving-wait'
import { failed } from './scenes'
import { aboutMs, again, next } from './story'

/** Geocoding on Bee-Queue: quick, and at odds with an address now and then. */
export async function playBee(port: number): Promise<void> {
  const queue = new BeeQueue<{ address: string }>('geocode', {
    redis: { host: '127.0.0.1', port },
    removeOnSuccess: true,
  })
  queue.on('error', () => {})
  await queue.ready()
  waitByMove(queue)
  queue.process(2, async ({ data }) => {
    await aboutMs(200)
    if (data.address.startsWith('13 '))
      throw failed('NoMatchError', `no place for "${data.address}"`, ['lookup (/srv/geo/lookup.js:31:9)'])
  })
  await again(1.2, () =>
    queue
      .createJob({ address: `${next() % 17} Harbour Road` })
      .retries(1)
      .save(),
  )
}
