import type { DeclarationDraft } from '@shared/model/declaration'
import type { Clock } from '../../../runtime/clock'
import type { RedisClient } from '../../clients/redis'
import type { Shelf } from '../element-shelf'
import type { RolePlace } from './places'
import type { StoreAt } from './stored'

/** One queue of a declared layout, with all that is needed to look into it. */
export interface DeclaredQueue {
  readonly redis: RedisClient
  readonly shelf: Shelf
  readonly clock: Clock
  readonly declaration: DeclarationDraft
  readonly name: string
}

export const storeAt = ({ redis, shelf, declaration }: DeclaredQueue, place: RolePlace): StoreAt => ({
  redis,
  shelf,
  declaration,
  place,
})
