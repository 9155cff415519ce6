import { Failure } from '@shared/failure'
import { failureOf, isRefusal, wasNeverSent } from './redis-asking'

/** The ids of what was added one by one; throws a Failure that says how many were when one was not. */
export function allSent(queue: string, results: readonly PromiseSettledResult<string>[]): readonly string[] {
  const lost = results.find((result) => result.status === 'rejected')
  if (!lost) return results.map((result) => (result.status === 'fulfilled' ? result.value : ''))
  const added = results.filter((result) => result.status === 'fulfilled').length
  const error: unknown = lost.status === 'rejected' ? lost.reason : undefined
  const known = isRefusal(error) || wasNeverSent(error)
  throw new Failure(
    {
      code: known ? failureOf(error).code : 'outcome-unknown',
      message: `${added} of ${results.length} were added; then: ${failureOf(error).message}`,
      hint: known ? undefined : 'Look at the queue before sending the rest again.',
      subject: queue,
    },
    { cause: error },
  )
}
