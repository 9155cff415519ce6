import { loopback, redisClient } from '../src-main/brokers/clients/redis'
import { RedisDriver } from '../src-main/brokers/drivers/redis/driver'
import { RedisReader } from '../src-main/brokers/drivers/redis/reader'
import { purgeAll, replayAll } from '../src-main/engine/chunks'
import { type Bench, callTimesUs, longestUs, type Row, type Scenario, withoutRewrites } from './scenario'

const messages = 1_000_000
/** The largest batches that the engine sends. */
const perCall = 200
const leasedPerCall = 250
const failuresPerCall = 50
const body = Buffer.from(JSON.stringify({ text: 'a'.repeat(189) }))

/** How long the longest single call of each action keeps the server from everybody else, on a queue of a million messages. */
export const engineCalls: Scenario = {
  name: 'engine-calls',
  run: (bench) => withoutRewrites(bench.side, () => measured(bench)),
}

async function measured({ port, side, clear, rounds }: Bench): Promise<readonly Row[]> {
  const redis = redisClient(loopback(port))
  await redis.connect()
  const driver = new RedisDriver({ redis, connectAnother: () => redisClient(loopback(port)), maxAttempts: () => 1 })
  const reader = new RedisReader(redis)
  const name = 'calls'
  const address = { layout: 'engine', prefix: 'qe', name } as const
  const request = { worker: 'bench', count: leasedPerCall, leaseMs: 60_000 }
  const error = {
    name: 'TypeError',
    message: 'Cannot read properties of undefined',
    stack: new Error('x').stack ?? null,
  }
  const fill = async () => {
    for (let at = 0; at < messages; at += perCall)
      await driver.enqueue(
        name,
        Array.from({ length: perCall }, () => ({ body })),
      )
  }
  const actions: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['enqueue', fill],
    [
      'fail',
      async () => {
        for (;;) {
          const { lease } = await driver.lease(name, { ...request, count: failuresPerCall })
          if (!lease) break
          await driver.nack(
            name,
            lease.leaseId,
            lease.messages.map(({ id }) => ({ id, error, retryInMs: undefined })),
          )
        }
      },
    ],
    ['replay', () => replayAll(driver, name)],
    [
      'lease and ack',
      async () => {
        let { lease } = await driver.lease(name, request)
        while (lease) {
          const finished = { leaseId: lease.leaseId, ids: lease.messages.map(({ id }) => id) }
          lease = (await driver.turn(name, finished, request)).next
        }
      },
    ],
    ['fill again', fill],
    [
      'recover',
      async () => {
        for (let at = 0; at < 4_000; at += leasedPerCall) await driver.lease(name, { ...request, leaseMs: 0 })
        while ((await driver.recover(name, 100)).died > 0);
      },
    ],
    ['read', () => reader.read([address])],
    [
      'page and look',
      async () => {
        for (const state of ['ready', 'dead', 'delayed'] as const) {
          const page = await reader.browse(address, { state, cursor: null, limit: 200 })
          await reader.browse(address, { state, cursor: page.nextCursor, limit: 200 })
          if (page.items[0]) await reader.inspect(address, page.items[0].id)
        }
      },
    ],
    [
      'snapshot, remove and restore',
      async () => {
        for (const state of ['ready', 'dead'] as const) {
          const { items } = await reader.browse(address, { state, cursor: null, limit: 200 })
          const ids = items.map(({ id }) => id)
          const taken = await reader.snapshot(address, state, ids)
          await reader.remove(address, state, ids)
          await reader.restore(address, taken)
        }
      },
    ],
    [
      'change priority and cancel',
      async () => {
        const { items } = await reader.browse(address, { state: 'ready', cursor: null, limit: 100 })
        const ids = items.map(({ id }) => id)
        await driver.mending.changePriority(name, ids, 2)
        await driver.mending.cancel(name, ids)
      },
    ],
    ['purge', () => purgeAll(driver, name, 'ready').then(() => purgeAll(driver, name, 'dead'))],
  ]
  const times = new Map<string, (readonly number[])[]>(actions.map(([action]) => [action, []]))
  for (let round = 0; round < Math.min(rounds, 4); round++) {
    await clear()
    for (const [action, act] of actions) times.get(action)?.push(await callTimesUs(side, act))
  }
  redis.disconnect()
  const longest = [...times].map(([action, each]) => [action, longestUs(each)] as const)
  const worst = longest.reduce((a, b) => (b[1] > a[1] ? b : a))
  const row: Row = {
    what: 'longest Redis call of any action',
    target: '<= 1.5 ms',
    figure: `${(worst[1] / 1000).toFixed(2)} ms (${worst[0]}; ${longest
      .filter(([action]) => action !== worst[0] && action !== 'fill again')
      .map(([action, us]) => `${action} ${(us / 1000).toFixed(2)}`)
      .join(', ')})`,
    met: worst[1] <= 1_500,
    values: Object.fromEntries(longest.map(([action, us]) => [`${action} us`, us])),
  }
  return [row]
}
