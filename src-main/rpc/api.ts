import { implement } from '@orpc/server'
import { Failure } from '@shared/failure'
import { parseQueueKey, type QueueAddress } from '@shared/model/queue'
import { contract } from '@shared/rpc/contract'
import { failureBoundary } from './failure-boundary'

export type ConsoleContext = Record<never, never>

/** The contract, ready to be implemented, with the boundary that masks bugs around every procedure. */
export function consoleApi(report: (error: unknown, path: readonly string[]) => void) {
  return implement(contract).$context<ConsoleContext>().use(failureBoundary(report))
}

export type ConsoleApi = ReturnType<typeof consoleApi>

/** Throws Failure 'bad-input'. */
export function addressOf(key: string): QueueAddress {
  const address = parseQueueKey(key)
  if (address) return address
  throw new Failure({
    code: 'bad-input',
    message: 'This is not a queue’s key.',
    hint: 'It reads layout/prefix/name.',
    subject: 'queue',
  })
}
