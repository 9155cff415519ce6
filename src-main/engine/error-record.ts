import type { MessageError } from '@shared/model/message'

const mostCauses = 4
const longestText = 16_384

/** An error as it is kept. Anything can be thrown, also what throws again when it is looked at: this never does. */
export function errorOf(thrown: unknown): MessageError {
  if (!isError(thrown)) return { name: 'Error', message: clipped(describe(thrown)), stack: null }
  return { name: nameOf(thrown), message: messageOf(thrown), stack: stackOf(thrown) }
}

/** One line for a person. */
export function wordsOf(thrown: unknown): string {
  const { name, message } = errorOf(thrown)
  return message === '' ? name : `${name}: ${message}`
}

const nameOf = (error: Error): string => read(() => error.name) || 'Error'
const messageOf = (error: Error): string => clipped(read(() => error.message) ?? '')

/** The stack, and in a few lines what caused it: Node's own stacks leave that out. */
function stackOf(error: Error): string | null {
  const own = read(() => error.stack)
  const lines = own === undefined ? [] : [own]
  const seen = new Set<unknown>([error])
  let cause = attempt(() => error.cause)
  for (let depth = 0; depth < mostCauses && cause !== undefined && !seen.has(cause); depth++) {
    seen.add(cause)
    const held = cause
    lines.push(`Caused by: ${isError(held) ? (read(() => held.stack) ?? nameOf(held)) : describe(held)}`)
    cause = isError(held) ? attempt(() => held.cause) : undefined
  }
  return lines.length === 0 ? null : clipped(lines.join('\n'))
}

/** A proxy may throw on any look at it. */
function isError(thrown: unknown): thrown is Error {
  return attempt(() => thrown instanceof Error) === true
}

function describe(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown
  return (
    read(() => JSON.stringify(thrown)) ??
    read(() => String(thrown)) ??
    read(() => Object.prototype.toString.call(thrown)) ??
    'something that cannot be described'
  )
}

function read(look: () => unknown): string | undefined {
  const value = attempt(look)
  return typeof value === 'string' ? value : undefined
}

function attempt<Value>(look: () => Value): Value | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}

/** Cut so that no surrogate is left alone. */
const clipped = (text: string): string =>
  text.length <= longestText ? text : `${text.slice(0, longestText).replace(/[\uD800-\uDBFF]$/, '')}…`
