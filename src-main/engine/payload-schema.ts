import { Failure } from '@shared/failure'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { UnrecoverableError } from './outcome'

/** A body that fails its schema fails it the next time too. */
export class SchemaError extends UnrecoverableError {
  override readonly name = 'SchemaError'
}

const mostIssues = 3

/** What the schema makes of `value`, or the Failure for the one who enqueues it. */
export function checkForEnqueue(
  schema: StandardSchemaV1,
  queue: string,
  value: unknown,
): Failure | undefined | Promise<Failure | undefined> {
  const result = schema['~standard'].validate(value)
  return result instanceof Promise ? result.then((late) => refusal(late, queue)) : refusal(result, queue)
}

/** The payload as handlers see it; throws SchemaError, or rejects with it. */
export function checkForLease(schema: StandardSchemaV1, value: unknown): unknown {
  const result = schema['~standard'].validate(value)
  return result instanceof Promise ? result.then(output) : output(result)
}

function refusal(result: StandardSchemaV1.Result<unknown>, queue: string): Failure | undefined {
  if (!result.issues) return undefined
  return new Failure({
    code: 'bad-input',
    message: `Queue ${queue}: the payload fails its schema: ${issuesInWords(result.issues)}`,
    subject: queue,
    hint: 'Nothing of this message was written.',
  })
}

function output(result: StandardSchemaV1.Result<unknown>): unknown {
  if (!result.issues) return result.value
  throw new SchemaError(`The payload fails its schema: ${issuesInWords(result.issues)}`)
}

/** The first few, each with its path. */
function issuesInWords(issues: readonly StandardSchemaV1.Issue[]): string {
  const words = issues.slice(0, mostIssues).map(({ message, path }) => {
    const at = path?.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
    return at ? `${at}: ${message}` : message
  })
  const more = issues.length - words.length
  return more > 0 ? `${words.join('; ')}; and ${more} more` : words.join('; ')
}
