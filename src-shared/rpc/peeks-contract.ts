import { z } from 'zod'
import { PeekPrice, PeekState } from '../model/peek'
import { QueueRef, read, write } from './procedure'

/** Looking where looking is receiving. What was peeked is read through `messages` like anything else, and is free then. */
export const peeksContract = {
  /** `price` null: looking is free here. */
  price: read.input(QueueRef).output(z.object({ price: PeekPrice.nullable(), state: PeekState.nullable() })),
  /** Pays the price. Refused on production while it is locked, since it changes what consumers see. */
  take: write.input(QueueRef.extend({ count: z.number().int().min(1).max(1000) })).output(PeekState),
  release: write.input(QueueRef).output(PeekState.nullable()),
}
