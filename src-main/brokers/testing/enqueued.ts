import type { Driver } from '../driver'
import type { NewMessage } from '../driver-messages'

/** Enqueues what must go in, and answers the ids. */
export async function enqueued(
  driver: Pick<Driver, 'enqueue'>,
  queue: string,
  messages: readonly NewMessage[],
): Promise<readonly string[]> {
  const outcomes = await driver.enqueue(queue, messages)
  return outcomes.map((each) => {
    if (each.outcome === 'failed') throw each.failure
    return each.id
  })
}
