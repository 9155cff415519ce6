import { type Block, spareBytes } from '../../clients/text-command'
import { type Bodied, piecesOf } from './pieces'

/**
 * Bodies of one batch, kept as one value until somebody must take it apart: two bytes for the length of each, little-endian, then
 * the bodies, then zeros. Its length modulo 128 is how many it holds, so that HSTRLEN tells whom a parcel holds. The value stands
 * under its first message's id, and its place, in a ready list or a lease's record, is `FIRST*COUNT`.
 */
export const countedBy = 128

/** Divides the first id of each: a message is looked for under four fields at most. */
export const parcelStride = 25
export const mostInParcel = 100
/** Fewer are not worth being taken apart. */
export const fewestForParcel = 8
/** What is larger stands alone: a look at one message may have to fetch its whole parcel. */
export const largestInParcel = 4_096
const bytesPerParcel = 256 * 1024

/** Shorter texts are joined before they are written: each write into memory costs as much as joining some. */
const joinedUpTo = 512

/**
 * A parcel that is written where it is to go. That text is ASCII is seen as it is written: to measure it first would cost more than to
 * write it.
 */
export const parcelOf = (bodies: Bodies): Block => ({
  ...parcelIn(bodies, bodies.map(lengthOf)),
  exact: () => parcelIn(bodies, bodies.map(bytesIn)),
})

export function packed(bodies: Bodies): Buffer {
  const { exact, ...parcel } = parcelOf(bodies)
  return inMemory(parcel) ?? inMemory(exact!())!
}

type Bodies = readonly (Uint8Array | string)[]

const lengthOf = (body: Uint8Array | string): number => body.length
const bytesIn = (body: Uint8Array | string): number =>
  typeof body === 'string' ? Buffer.byteLength(body) : body.length

function parcelIn(bodies: Bodies, lengths: readonly number[]): Block {
  const total = lengths.reduce((sum, length) => sum + length, 2 * bodies.length)
  const length = total + ((countedBy + bodies.length - (total % countedBy)) % countedBy)
  return {
    length,
    writeTo(bytes, from) {
      let at = from
      for (const each of lengths) at = bytes.writeUInt16LE(each, at)
      if (total < joinedUpTo * bodies.length && bodies.every(isText)) at += bytes.write(bodies.join(''), at)
      else
        for (let index = 0; index < bodies.length; index++) {
          const wrote = written(bodies[index]!, bytes, at)
          if (wrote !== lengths[index]) return false
          at += wrote
        }
      if (at !== from + total) return false
      bytes.fill(0, at, from + length)
      return true
    },
  }
}

function inMemory({ length, writeTo }: Block): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(length + spareBytes)
  return writeTo(bytes, 0) ? bytes.subarray(0, length) : undefined
}

/** They share the parcel's memory. */
export function unpacked(parcel: Buffer): readonly Buffer[] {
  const count = countOfParcel(parcel.length)
  const bodies: Buffer[] = []
  let at = 2 * count
  for (let index = 0; index < count; index++) {
    const length = parcel.readUInt16LE(2 * index)
    bodies.push(parcel.subarray(at, at + length))
    at += length
  }
  return bodies
}

/** How many messages are in a parcel of so many bytes. */
export const countOfParcel = (bytes: number): number => bytes % countedBy

/** In pieces of a parcel each, two messages at least. */
export function inParcels<Message extends Bodied>(messages: readonly Message[]): readonly (readonly Message[])[] {
  const pieces = piecesOf(messages, { most: mostInParcel, bytes: bytesPerParcel })
  const [last, before] = [pieces.at(-1), pieces.at(-2)]
  if (last?.length !== 1 || before === undefined) return pieces
  return [...pieces.slice(0, -2), before.slice(0, -1), [before.at(-1)!, ...last]]
}

function written(body: Uint8Array | string, into: Buffer, at: number): number {
  if (typeof body === 'string') return into.write(body, at)
  into.set(body, at)
  return body.length
}

const isText = (body: Uint8Array | string): boolean => typeof body === 'string'
