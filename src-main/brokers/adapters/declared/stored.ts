import type { DeclarationDraft } from '@shared/model/declaration'
import type { RedisClient } from '../../clients/redis'
import { formatElementId, handleOf } from '../element-id'
import type { Shelf } from '../element-shelf'
import { type EnvelopeView, innerOf, readableBytes, readEnvelope } from './envelope'
import type { RolePlace } from './places'

/** A message where it stands, with what is needed to find it again in the step that changes it. */
export interface Stored {
  readonly id: string
  /** All that stands there. */
  readonly bytes: Buffer
  readonly fields: Fields
  readonly at: readonly [string | number, string | number]
  readonly score: string | null
  readonly envelope: EnvelopeView
  /** When a stream's entry was added, by its id. */
  readonly addedAt: number | null
  /** Elements around the hints at which the server looks for it. */
  readonly reach: number
}

type Fields = readonly (readonly [name: string, value: Buffer])[]

export interface StoredPage {
  readonly rows: readonly Stored[]
  readonly nextCursor: string | null
  readonly total: number | null
}

export interface StoredFinding {
  /** In the order of the ids. */
  readonly rows: readonly (Stored | null)[]
  /** False where more stands there than was looked through. */
  readonly isWhole: boolean
}

export interface StoreAt {
  readonly redis: RedisClient
  readonly shelf: Shelf
  readonly declaration: DeclarationDraft
  readonly place: RolePlace
}

/** The message in what stands there: all of it, or what its wrapping holds. */
export function messageOf({ place }: Pick<StoreAt, 'place'>, bytes: Buffer): Buffer {
  const { inner } = place.role
  return inner === null ? bytes : (innerOf(inner, bytes) ?? bytes)
}

/** What it says of itself; its wrapping is asked first, which knows of the failure. */
export function envelopeOf(
  { declaration, place }: Pick<StoreAt, 'declaration' | 'place'>,
  { bytes, fields }: Pick<Stored, 'bytes' | 'fields'>,
): EnvelopeView {
  if (bytes.length > readableBytes) return readEnvelope(declaration, [])
  const message = messageOf({ place }, bytes)
  const sources = [{ json: bytes, fields }]
  return readEnvelope(declaration, message === bytes ? sources : [...sources, { json: message, fields: [] }])
}

/** The id by which an element of a list or a sorted set is known. */
export const idOf = (envelope: Pick<EnvelopeView, 'id'>, bytes: Uint8Array, copy = 0): string =>
  formatElementId({ label: envelope.id, handle: handleOf(bytes), copy })
