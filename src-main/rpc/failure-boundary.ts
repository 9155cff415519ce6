import { ORPCError, os } from '@orpc/server'
import { isFailure } from '@shared/failure'

/**
 * What leaves the core is either a Failure's view or nothing but "internal": a bug's message, stack and cause go to
 * `report` and stay here.
 */
export function failureBoundary(report: (error: unknown, path: readonly string[]) => void) {
  return os.middleware(async ({ next, path }) => {
    try {
      return await next()
    } catch (error) {
      throw atBoundary(error, path, report)
    }
  })
}

/** The same for an error that ends a stream. */
export function atBoundary(
  error: unknown,
  path: readonly string[],
  report: (error: unknown, path: readonly string[]) => void,
): ORPCError<string, unknown> {
  if (error instanceof ORPCError) {
    // The library's own: an answer that does not fit the contract is a bug of ours, and is told like one.
    if (error.code === 'INTERNAL_SERVER_ERROR') report(error.cause ?? error, path)
    return error
  }
  if (isFailure(error)) return new ORPCError('FAILURE', { status: 400, message: error.message, data: error.view() })
  report(error, path)
  return new ORPCError('INTERNAL_SERVER_ERROR', {
    message: 'Something went wrong inside the console; its log has the details.',
  })
}
