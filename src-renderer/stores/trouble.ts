import { ORPCError } from '@orpc/client'
import type { Trouble } from '@shared/model/environment'

/** Any error as words for a person. Only declared failures carry words of their own; everything else was masked on purpose. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof ORPCError) {
    if (error.code === 'FAILURE' && isTrouble(error.data)) return error.data
    if (error.code === 'BAD_REQUEST')
      return { code: 'bad-input', message: 'The console did not understand the request.' }
    return {
      code: 'interrupted',
      message: 'Something went wrong inside the console.',
      hint: 'Its log in the data folder says what. Try again.',
    }
  }
  if (isTrouble(error)) return error
  return {
    code: 'closed',
    message: 'The connection to the console was interrupted.',
    hint: 'It is re-opened by itself. Whether the last change was made shows in Activity.',
  }
}

const isTrouble = (data: unknown): data is Trouble =>
  typeof data === 'object' &&
  data !== null &&
  'code' in data &&
  'message' in data &&
  typeof data.message === 'string' &&
  !('stack' in data && data instanceof Error && data.name !== 'Failure')

/** One paragraph: what, and what next. */
export const wordsOf = ({ message, hint }: Trouble): string => (hint ? `${message}\n${hint}` : message)
