import type { Capabilities, Capability } from '@shared/model/capability'
import { layoutFacts } from '@shared/model/known-layouts'
import { Cluster } from 'ioredis'
import type { DeclaredQueue } from './context'
import { placeOf, shareSlot } from './places'

const yes: Capability = { answer: 'yes' }

/** What can be done follows from what is declared. */
export function capabilitiesOf({ redis, declaration, name }: DeclaredQueue): Capabilities {
  const ready = placeOf(declaration, name, 'ready')
  const dead = placeOf(declaration, name, 'dead')
  const log = placeOf(declaration, name, 'done')
  const no = (reason: string): Capability => ({ answer: 'no', reason })
  const isStream = [ready, dead].some((place) => place?.role.type === 'stream')
  return {
    replay: !dead
      ? no('this layout declares no place for dead letters')
      : !ready
        ? no('this layout declares no place for ready messages')
        : redis instanceof Cluster && !shareSlot([ready.place.key, dead.place.key])
          ? no('its keys stand in different slots of this cluster: no step can move a message from one to the other')
          : yes,
    edit: yes,
    discard: yes,
    purge: yes,
    restore: isStream
      ? { answer: 'priced', price: 'An entry of a stream comes back at the end, under a new id, for every group.' }
      : yes,
    send: ready || log ? yes : no('this layout declares no place where messages come in'),
    pause: layoutFacts.declared.abilities.pause,
  }
}
