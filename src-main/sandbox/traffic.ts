import { Queue as BullQueue, Worker as BullWorker } from 'bullmq'
import { Engine } from '../engine/engine'
import { pause, systemClock } from '../runtime/clock'
import { playFulfilment } from './fulfilment'
import { playBee } from './play-bee'
import { playBull } from './play-bull'
import { playPlain } from './play-plain'
import { playResque } from './play-resque'
import { type Scene, scenes } from './scenes'

/** Dead on arrival at the first start, so that there is something to mend at once. */
const firstDead = 40

/** Plays all scenes until the thread ends. */
export async function startTraffic(port: number): Promise<void> {
  const engine = await Engine.open({ redis: { port } })
  await Promise.all([
    ...scenes.map((scene) => (scene.layout === 'engine' ? playOnEngine(engine, scene) : playOnBullmq(port, scene))),
    playFulfilment(engine),
    // A system that does not get along with this Redis must not end the others.
    ...[playBull, playBee, playResque, playPlain].map((play) => play(port).catch(() => {})),
  ])
}

async function playOnEngine(engine: Engine, scene: Scene): Promise<void> {
  const queue = engine.queue(scene.queue, { maxAttempts: scene.attempts, retryDelaysMs: [1_000] })
  if (scene.runMs !== null) {
    engine.worker(
      queue,
      async ({ data }) => {
        await work(scene)
        const failure = scene.failure(data)
        if (failure) throw failure
      },
      { concurrency: scene.concurrency },
    )
  }
  await produce(scene, async (payload, delayMs) => {
    await queue.enqueue(payload, { delayMs })
  })
}

async function playOnBullmq(port: number, scene: Scene): Promise<void> {
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null }
  const queue = new BullQueue(scene.queue, {
    connection,
    defaultJobOptions: {
      attempts: scene.attempts,
      backoff: { type: 'fixed', delay: 1_000 },
      removeOnComplete: { count: 500 },
    },
  })
  if (scene.runMs !== null) {
    const worker = new BullWorker(
      scene.queue,
      async (job) => {
        await work(scene)
        const failure = scene.failure(job.data)
        if (failure) throw failure
      },
      { connection, concurrency: scene.concurrency },
    )
    worker.on('error', () => {})
  }
  queue.on('error', () => {})
  await produce(scene, async (payload, delayMs) => {
    await queue.add(scene.jobName, payload, { delay: delayMs })
  })
}

/** Sends at the scene's pace with the jitter of real life; begins with what fails, when the scene knows failures. */
async function produce(scene: Scene, send: (payload: unknown, delayMs: number) => Promise<void>): Promise<void> {
  for (const payload of firstFailures(scene)) await send(payload, 0)
  for (;;) {
    const delayMs = Math.random() < scene.delayedShare ? Math.floor(Math.random() * 120_000) : 0
    await send(scene.payload(), delayMs)
    await pause(systemClock, (1_000 / scene.perSecond) * (0.3 + Math.random() * 1.4))
  }
}

function firstFailures(scene: Scene): readonly unknown[] {
  const tries = Array.from({ length: firstDead * 20 }, () => scene.payload())
  return tries.filter((payload) => scene.failure(payload) !== undefined).slice(0, firstDead)
}

const work = (scene: Scene): Promise<boolean> => pause(systemClock, (scene.runMs ?? 0) * (0.5 + Math.random()))
