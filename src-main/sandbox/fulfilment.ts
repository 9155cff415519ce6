import type { Engine } from '../engine/engine'
import { pause, systemClock } from '../runtime/clock'
import { failed } from './scenes'

/** One thing to be done for an order. */
interface Task {
  readonly order: string
  readonly task: 'reserve' | 'pick' | 'pack' | 'dispatch' | 'stock-check' | 'manifest'
  readonly sku?: string
}

const steps: Readonly<Record<Task['task'], readonly string[]>> = {
  reserve: ['read the stock', 'reserve 2 of 14'],
  pick: ['send a picker to aisle 7', 'scan the shelf', 'scan the item', 'put it into tote 31'],
  pack: ['choose box M', 'weigh: 1.4 kg', 'print the label', 'close the box', 'scan it out'],
  dispatch: ['collect the totes', 'book the carrier', 'hand over at gate 2'],
  'stock-check': ['count 48 shelves', 'report 2 below minimum'],
  manifest: ['list the parcels of the day'],
}

const stepMs = 1_500
const ordersAtStart = 5
const orderEveryMs = 5_500

/**
 * A warehouse: the tasks of an order are a group, done one after the other; what a large order is picked of are the children
 * of its dispatch; workers tell how far they are; what is done is kept for a while; a count comes every minute.
 */
export async function playFulfilment(engine: Engine): Promise<void> {
  const queue = engine.queue<Task>('fulfilment', {
    maxAttempts: 4,
    retryDelaysMs: [6_000],
    keepDone: { count: 100 },
  })
  engine.worker(
    queue,
    async (message) => {
      const { order, task, sku } = message.data
      const all = steps[task]
      for (const [index, step] of all.entries()) {
        await message.log(`${order}: ${step}${sku === undefined ? '' : ` (${sku})`}`)
        await message.progress({ done: index, total: all.length })
        await pause(systemClock, stepMs * (0.5 + Math.random()))
        if (task === 'pack' && step === 'print the label' && Math.random() < 0.15) throw printerFailure()
      }
      await message.progress({ done: all.length, total: all.length })
      return { order, task, by: `picker ${1 + Math.floor(Math.random() * 6)}` }
    },
    { concurrency: 8 },
  )
  await queue.schedules.put('stock-check', {
    everyMs: 60_000,
    data: { order: 'none', task: 'stock-check' },
    catchUp: 'none',
  })
  await queue.schedules.put('daily-manifest', {
    cron: '30 17 * * 1-5',
    timeZone: 'Europe/Vienna',
    data: { order: 'all of today', task: 'manifest' },
    options: { priority: 2 },
  })
  for (let number = 1041; ; number++) {
    const order = `order-${number}`
    if (number % 3 === 0) {
      await queue.enqueueFamily({
        data: { order, task: 'dispatch' },
        children: ['SKU-114', 'SKU-207', 'SKU-388'].map((sku) => ({ queue, data: { order, task: 'pick', sku } })),
      })
    } else {
      await queue.enqueueEnvelopes(
        (['reserve', 'pick', 'pick', 'pack', 'dispatch'] as const).map((task) => ({
          data: { order, task },
          group: order,
        })),
      )
    }
    if (number >= 1041 + ordersAtStart) await pause(systemClock, orderEveryMs * (0.6 + Math.random() * 0.8))
  }
}

const printerFailure = () =>
  failed('PrinterError', 'label printer 3 is out of paper', [
    'printLabel (/srv/warehouse/src/packing/printer.ts:52:11)',
    'pack (/srv/warehouse/src/packing/worker.ts:18:5)',
  ])
