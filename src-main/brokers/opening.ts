import { readFile } from 'node:fs/promises'
import { Failure } from '@shared/failure'
import { pause, systemClock } from '../runtime/clock'

/** Connecting, signing in and the survey together. Milliseconds. */
const openWithinMs = 8_000

/** A server that accepts and then says nothing would be waited for without end. `where` names it in the failure. */
export async function withinDeadline<T>(opening: Promise<T>, where: string): Promise<T> {
  const decided = new AbortController()
  const late = pause(systemClock, openWithinMs, decided.signal).then(() => {
    throw new Failure({
      code: 'timeout',
      message: `${where} does not answer.`,
      hint: 'Check the address and the firewall between.',
    })
  })
  late.catch(() => {})
  try {
    return await Promise.race([opening, late])
  } finally {
    decided.abort()
    opening.catch(() => {})
  }
}

/** The PEM file of an authority; null where none is named. */
export async function readAuthority(path: string | null): Promise<string | null> {
  if (path === null) return null
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new Failure(
      { code: 'tls', message: `The authority’s file ${path} cannot be read.`, hint: 'Check the path.', subject: path },
      { cause: error },
    )
  }
}
