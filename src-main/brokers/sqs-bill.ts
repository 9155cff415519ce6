import type { SQSClient } from '@aws-sdk/client-sqs'
import type { Clock } from '../runtime/clock'

/** Source: the price list of AWS, standard queues, per request, 64 kB each; FIFO queues cost a quarter more. */
const dollarsPerRequest = 0.4e-6
const dayMs = 86_400_000
/** Before this much time has passed a pace is no pace. */
const shortestMs = 60_000

/** Counts what is asked of SQS, repeats among it, and what a month at this pace would cost. */
export class SqsBill {
  private requests = 0
  private readonly since: number

  constructor(private readonly clock: Clock) {
    this.since = clock.elapsed()
  }

  count(client: SQSClient): void {
    client.middlewareStack.add(
      (next) => (args) => {
        this.requests += 1
        return next(args)
      },
      { step: 'finalizeRequest', name: 'queuescopeBill', priority: 'low' },
    )
  }

  now(): { readonly requests: number; readonly perDay: number; readonly dollarsPerMonth: number } {
    const elapsed = Math.max(shortestMs, this.clock.elapsed() - this.since)
    const perDay = Math.round((this.requests / elapsed) * dayMs)
    return { requests: this.requests, perDay, dollarsPerMonth: perDay * 30 * dollarsPerRequest }
  }
}
