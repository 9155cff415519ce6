import { contenders } from './contenders/contenders'
import type { LatencyTask } from './engine-latency'
import type { Bench } from './scenario'

/** One side of the latency bench. Both processes run on one machine, so their clocks are the same one. */
const now = () => performance.timeOrigin + performance.now()

process.on('message', (task: LatencyTask) => {
  const side = task.role === 'work' ? work : produce
  side(task).catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})

const open = ({ contender, port, queue }: LatencyTask) => contenders[contender]!.open({ port } as Bench, queue)

async function work(task: LatencyTask): Promise<void> {
  const opened = await open(task)
  const waits: number[] = []
  await opened.work(100, (started) => {
    waits.push(now() - (started as { readonly data: { readonly at: number } }).data.at)
    if (waits.length === task.count) opened.close().then(() => process.send?.(waits))
  })
  process.send?.('working')
}

/** Sends at even intervals, whatever the answers do. */
async function produce(task: LatencyTask): Promise<void> {
  const opened = await open(task)
  const from = now()
  let sent = 0
  let answered = 0
  await new Promise<void>((resolve, reject) => {
    const tick = setInterval(() => {
      const due = Math.min(Math.floor(((now() - from) / 1000) * task.perSecond), task.count)
      for (; sent < due; sent++)
        opened.enqueue({ at: now() }).then(() => {
          if (++answered === task.count) resolve()
        }, reject)
      if (sent === task.count) clearInterval(tick)
    }, 1)
  })
  await opened.close()
  process.send?.('sent')
}
