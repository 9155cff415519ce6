import type { Capabilities, Capability } from '@shared/model/capability'
import { layoutFacts } from '@shared/model/known-layouts'
import type { PeekPrice } from '@shared/model/peek'
import { isDown, isStream, type QueueFacts } from './queue-facts'

/** What the layout can do, less what this one queue takes away. Whether a user may write is told by nothing but trying. */
export function abilitiesOf(
  facts: QueueFacts,
  { isDeadLetterQueue, price }: { readonly isDeadLetterQueue: boolean; readonly price: PeekPrice },
): Capabilities {
  const { abilities } = layoutFacts.rabbitmq
  const { name } = facts.address
  const no = (reason: string): Capability => ({ answer: 'no', reason })
  if (facts.exclusive || isDown(facts)) {
    const why = no(
      facts.exclusive
        ? `${name} is exclusive: only the connection that declared it may use it`
        : `${name} is ${facts.state}: the node that has it does not run`,
    )
    return { replay: why, edit: why, discard: why, purge: why, restore: why, send: why, pause: abilities.pause }
  }
  if (isStream(facts)) {
    const fixed = no('A stream keeps what was published to it: nothing is changed or taken out of it one by one')
    return { ...abilities, replay: fixed, edit: fixed, discard: fixed, purge: fixed, restore: fixed }
  }
  const replay = isDeadLetterQueue
    ? abilities.replay
    : no(`No dead letters are routed to ${name}: there is nothing to send back`)
  if (price.answer === 'priced') return { ...abilities, replay }
  const tooDear = no(`${price.reason} Messages cannot be picked out of it now`)
  return {
    ...abilities,
    replay: isDeadLetterQueue ? tooDear : replay,
    edit: tooDear,
    discard: tooDear,
    purge: tooDear,
  }
}
