import { Failure } from '@shared/failure'
import { keyFor } from '@shared/model/declaration'
import type { TailedMessage, TailPiece } from '@shared/model/tail'
import { tailChannel } from '../channel-tail'
import { listSequence, otherEnd } from '../element-sequence'
import { tailStream } from '../stream-tail'
import type { DeclaredQueue } from './context'
import { placeOf, type RolePlace } from './places'
import { envelopeOf, idOf } from './stored'

/** What is added to a stream, or logged and published; other layouts tell nobody what they are given. */
export function tailDeclared(
  queue: DeclaredQueue,
  { recent, signal }: { readonly recent: number; readonly signal: AbortSignal },
): AsyncIterable<TailPiece> {
  const { redis, declaration, name, clock } = queue
  const log = placeOf(declaration, name, 'done')
  const ready = placeOf(declaration, name, 'ready')
  const stream = [ready, log].find((place) => place?.role.type === 'stream')
  if (stream?.role.type === 'stream')
    return tailStream(redis, { key: stream.place.key, recent, signal, clock, field: stream.role.field })
  if (log?.role.type === 'list' && declaration.channel !== null) {
    const channel = { name: keyFor(declaration.channel, name), isPattern: false }
    return tailChannel(redis, channel, signal, { clock, onSubscribed: () => recentOf(queue, log, recent) })
  }
  throw new Failure({
    code: 'unsupported',
    message: `${name} cannot be tailed.`,
    hint: 'Only a stream, or a log with a channel, tells what is added to it.',
    subject: name,
  })
}

const shownBytes = 64 * 1024

/** The last events, oldest first; the newest stand at the end where producers push. */
async function recentOf(
  { redis, declaration, clock }: DeclaredQueue,
  log: RolePlace,
  recent: number,
): Promise<readonly TailedMessage[]> {
  if (recent === 0 || log.role.type !== 'list') return []
  const sequence = listSequence(redis, log.place.key, otherEnd(log.role.takeFrom))
  const { perLook } = await sequence.measure()
  const newest = await sequence.window(0, Math.min(recent, perLook) - 1)
  return [...newest].reverse().map(({ bytes }) => {
    const envelope = envelopeOf({ declaration, place: log }, { bytes, fields: [] })
    return {
      id: idOf(envelope, bytes),
      at: envelope.enqueuedAt ?? clock.now(),
      base64: bytes.subarray(0, shownBytes).toString('base64'),
      bytes: bytes.length,
      attributes: [],
    }
  })
}
