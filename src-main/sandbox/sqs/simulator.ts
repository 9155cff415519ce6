import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Clock, systemClock } from '../../runtime/clock'
import { Account } from './account'
import { Faults } from './faults'
import type { OperationName } from './operations/all-operations'
import { answer } from './protocol'

export interface SqsSimulatorOptions {
  /** Tests own the time, so that the rules of 60 seconds, 5 minutes and 12 hours take no time. */
  readonly clock?: Clock
  readonly region?: string
  readonly accountId?: string
  /** Of one queue; the service's own figure by default. */
  readonly mostInFlight?: number
}

/** SQS in memory on a free port of the loopback, for tests and the demo. What it keeps is gone when it stops. */
export interface SqsSimulator {
  readonly endpoint: string
  readonly port: number
  readonly region: string
  readonly accountId: string
  readonly faults: Faults
  /** Requests so far. */
  calls(operation?: OperationName): number
  /** Receives that wait for a message now. */
  readonly waiting: number
  stop(): Promise<void>
}

export async function startSqsSimulator(options: SqsSimulatorOptions = {}): Promise<SqsSimulator> {
  const { clock = systemClock, region = 'us-east-1', accountId = '000000000000', mostInFlight = 120_000 } = options
  const account = new Account({ clock, region, accountId, mostInFlight })
  const faults = new Faults()
  const calls = new Map<OperationName, number>()
  const server = createServer((request, response) => {
    answer(
      {
        account,
        onOperation(operation) {
          calls.set(operation, (calls.get(operation) ?? 0) + 1)
          return faults.strike(operation)
        },
      },
      request,
      response,
    ).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  account.endpoint = `http://127.0.0.1:${port}`
  let stopped: Promise<void> | undefined
  return {
    endpoint: account.endpoint,
    port,
    region,
    accountId,
    faults,
    calls: (operation) =>
      operation === undefined ? [...calls.values()].reduce((sum, each) => sum + each, 0) : (calls.get(operation) ?? 0),
    get waiting() {
      return account.all.reduce((sum, queue) => sum + queue.polls.size, 0)
    },
    stop() {
      stopped ??= (async () => {
        account.stop()
        const closed = once(server, 'close')
        server.close()
        server.closeAllConnections()
        await closed
      })()
      return stopped
    },
  }
}
