import { connectSqs, type SqsConnection, type SqsTarget } from '../../brokers/clients/sqs'
import type { Clock } from '../../runtime/clock'
import { manualClock } from '../../runtime/manual-clock'
import { type SqsSimulator, type SqsSimulatorOptions, startSqsSimulator } from './simulator'

/** A simulator in a time of its own, and a connection to it; for tests. */
export interface VirtualSqs {
  readonly simulator: SqsSimulator
  /** For whatever is to live in the same time. */
  readonly clock: Clock
  readonly target: SqsTarget
  /** Another one each time it is asked for. */
  connect(): SqsConnection
  pass(ms: number): Promise<void>
  /** Resolves when a receive waits for a message. */
  parked(): Promise<void>
  stop(): Promise<void>
}

/**
 * Time stands still between calls of `pass`, but each request of a connection takes a millisecond, as in life it takes some: so
 * what comes later bears a later time.
 */
export async function startVirtualSqs(options: Omit<SqsSimulatorOptions, 'clock'> = {}): Promise<VirtualSqs> {
  const manual = manualClock()
  let requests = 0
  const clock: Clock = {
    now: () => manual.now() + requests,
    elapsed: () => manual.elapsed() + requests,
    after: (ms, act) => manual.after(ms, act),
  }
  const simulator = await startSqsSimulator({ ...options, clock })
  const target: SqsTarget = {
    region: simulator.region,
    endpoint: simulator.endpoint,
    credentials: { kind: 'keys', accessKeyId: 'test', secretAccessKey: 'test' },
  }
  return {
    simulator,
    clock,
    target,
    connect() {
      const connection = connectSqs(target)
      for (const client of [connection.repeating, connection.once])
        client.middlewareStack.add(
          (next) => (args) => {
            requests++
            return next(args)
          },
          { step: 'initialize' },
        )
      return connection
    },
    pass: (ms) => manual.advance(ms),
    async parked() {
      while (simulator.waiting === 0) await new Promise((resolve) => setImmediate(resolve))
    },
    stop: () => simulator.stop(),
  }
}
