import { type FailureCode, type FailureView, isFailure } from '@shared/failure'
import type { ConnectionReport, Profile } from '@shared/model/environment'
import { placeOf } from '@shared/model/tier'
import { type Clock, pause } from '../runtime/clock'
import { answersPlainPing, endsTlsHandshake } from './clients/tls-probe'
import type { Connection } from './connection'
import { openConnection } from './open'

/** How long a test looks for queues before it answers with what it has. Milliseconds. */
const lookForMs = 2_000

/** Answers "Test" in words: what was found, or what is wrong and what to do. Changes nothing on the server. `password` may throw a
 * Failure, which is then the answer. */
export async function testConnection(
  environment: Profile,
  password: () => Promise<string | null>,
  clock: Clock,
): Promise<ConnectionReport> {
  const startedAt = clock.elapsed()
  let connection: Connection | undefined
  try {
    connection = await openConnection(environment, { password: await password(), mfaCode: () => null })
    const { found, whole, denied } = await countQueues(connection, clock)
    const seconds = ((clock.elapsed() - startedAt) / 1000).toFixed(1)
    const queues = `${found} ${found === 1 ? 'queue' : 'queues'} found in ${seconds} s${whole ? '' : ', still looking'}`
    return {
      ok: true,
      message: `Connected to ${connection.server}: ${queues}.`,
      notices: [...(connection.alarms ?? []), ...connection.notices, ...denied],
    }
  } catch (error) {
    if (!isFailure(error)) throw error
    const trouble = error.view()
    return { ok: false, trouble: (await tlsMismatch(environment, trouble.code)) ?? trouble }
  } finally {
    await connection?.close()
  }
}

/** One side speaks TLS and the other does not: from one side alone that looks like a server that is down or silent. */
async function tlsMismatch(environment: Profile, code: FailureCode): Promise<FailureView | undefined> {
  if (environment.kind !== 'redis' || environment.topology.kind !== 'single') return undefined
  const { topology, tls } = environment
  const where = placeOf(environment)
  if (code === 'unreachable' && !tls.enabled && (await endsTlsHandshake(topology))) {
    return { code: 'tls', message: `${where} wants TLS.`, hint: 'Switch TLS on.' }
  }
  if (code === 'timeout' && tls.enabled && (await answersPlainPing(topology))) {
    return { code: 'tls', message: `${where} does not speak TLS.`, hint: 'Switch TLS off, or use its TLS port.' }
  }
  return undefined
}

async function countQueues(connection: Connection, clock: Clock) {
  const ending = new AbortController()
  let found = 0
  const looking = connection.finder.find({
    found: () => {
      found += 1
    },
    signal: ending.signal,
    pace: 'hurried',
  })
  const waiting = new AbortController()
  const whole = await Promise.race([
    looking.then(() => true),
    pause(clock, lookForMs, waiting.signal).then(() => false),
  ])
  waiting.abort()
  ending.abort()
  return { found, whole, denied: (await looking).troubles }
}
