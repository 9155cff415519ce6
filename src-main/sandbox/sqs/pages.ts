import { invalidValue } from './errors'
import { optionalInteger, optionalText, type RequestInput } from './request-input'

/** At most this many where no MaxResults is given, and then without a token. */
const mostListed = 1_000

/** One page of a list in a fixed order; the token names the last item before it. */
export function pageOf(
  names: readonly string[],
  input: RequestInput,
): { readonly names: readonly string[]; readonly NextToken?: string } {
  const most = optionalInteger(input, 'MaxResults', {
    least: 1,
    most: mostListed,
    rule: 'MaxResults must be an integer between 1 and 1000.',
  })
  const token = optionalText(input, 'NextToken')
  const after = token === undefined ? undefined : Buffer.from(token, 'base64').toString('utf8')
  if (after === '') throw invalidValue(token, 'NextToken', 'The token is not valid.')
  const rest = after === undefined ? names : names.filter((name) => name > after)
  const page = rest.slice(0, most ?? mostListed)
  const more = most !== undefined && rest.length > page.length
  return { names: page, ...(more ? { NextToken: Buffer.from(page.at(-1)!).toString('base64') } : {}) }
}
