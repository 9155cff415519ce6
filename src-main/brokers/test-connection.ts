import { isFailure } from '@shared/failure'
import type { ConnectionReport, EnvironmentInput } from '@shared/model/environment'
import { type Clock, pause } from '../runtime/clock'
import { endsTlsHandshake } from './clients/tls-probe'
import { type Connection, openConnection, whereOf } from './open'

/** How long a test looks for queues before it answers with what it has. Milliseconds. */
const lookForMs = 2_000

/** Answers "Test" in words: what was found, or what is wrong and what to do. Changes nothing on the server. `password` may throw a
 * Failure, which is then the answer. */
export async function testConnection(
  environment: Omit<EnvironmentInput, 'password'>,
  password: () => Promise<string | null>,
  clock: Clock,
): Promise<ConnectionReport> {
  const startedAt = clock.elapsed()
  let connection: Connection | undefined
  try {
    connection = await openConnection(environment, await password())
    const { found, whole, denied } = await countQueues(connection, clock)
    const seconds = ((clock.elapsed() - startedAt) / 1000).toFixed(1)
    const queues = `${found} ${found === 1 ? 'queue' : 'queues'} found in ${seconds} s${whole ? '' : ', still looking'}`
    return {
      ok: true,
      message: `Connected to ${connection.server}: ${queues}.`,
      notices: [...connection.notices, ...denied],
    }
  } catch (error) {
    if (!isFailure(error)) throw error
    const trouble = error.view()
    const { topology, tls } = environment
    if (
      trouble.code === 'unreachable' &&
      !tls.enabled &&
      topology.kind === 'single' &&
      (await endsTlsHandshake(topology))
    ) {
      return {
        ok: false,
        trouble: { code: 'tls', message: `${whereOf(environment)} wants TLS.`, hint: 'Switch TLS on.' },
      }
    }
    return { ok: false, trouble }
  } finally {
    await connection?.close()
  }
}

async function countQueues(connection: Connection, clock: Clock) {
  const ending = new AbortController()
  let found = 0
  const denied: string[] = []
  const looking = Promise.all(
    connection.layouts.map((layout) =>
      layout
        .discover(() => {
          found += 1
        }, ending.signal)
        .catch((error: unknown) => {
          if (isFailure(error)) denied.push(`${error.message} ${error.hint ?? ''}`.trim())
          else if (!ending.signal.aborted) throw error
        }),
    ),
  )
  const waiting = new AbortController()
  const whole = await Promise.race([
    looking.then(() => true),
    pause(clock, lookForMs, waiting.signal).then(() => false),
  ])
  waiting.abort()
  ending.abort()
  await looking
  return { found, whole, denied }
}
