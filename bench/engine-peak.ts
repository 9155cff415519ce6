import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Peak, PeakTask } from './peak-process'
import { perSecond, type Scenario } from './scenario'

const perSecondSent = 58_000
const seconds = 60

/** A shop's peak day: 58,000 messages a second held for a minute, producer, worker and Redis on the two cores of this machine. */
export const enginePeak: Scenario = {
  name: 'engine-peak',
  async run({ port, say }) {
    const task: PeakTask = { port, perSecond: perSecondSent, seconds }
    const child = fork(fileURLToPath(new URL('peak-process.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] })
    child.send(task)
    const gone = once(child, 'exit').then(() => {
      throw new Error('the process that holds the peak ended without an answer')
    })
    const [{ p50, p99, most, tookMs }] = (await Promise.race([once(child, 'message'), gone])) as [Peak]
    const rate = (perSecondSent * seconds) / (tookMs / 1000)
    gone.catch(() => {})
    say(`  ${perSecond(rate)}, longest wait ${most.toFixed(1)} ms`)
    return [
      {
        what: `${perSecond(perSecondSent)} for ${seconds} s, p99 of enqueue to start`,
        target: '<= 20 ms',
        figure: `${p99.toFixed(2)} ms (p50 ${p50.toFixed(2)}, longest ${most.toFixed(1)} ms; held ${perSecond(rate)})`,
        met: p99 <= 20 && rate >= perSecondSent * 0.99,
        values: { p50, p99, most, rate },
      },
    ]
  },
}
