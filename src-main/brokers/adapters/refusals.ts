import { Failure } from '@shared/failure'
import type { Ability, Capabilities, Capability } from '@shared/model/capability'
import type { QueueAddress } from '@shared/model/queue'

/** Throws Failure 'unsupported', in the words of the capability, unless it may be done (also at a price). */
export function assertAble(capabilities: Capabilities, ability: Ability, queue: QueueAddress): void {
  const capability = capabilities[ability]
  if (capability.answer === 'no' || capability.answer === 'unknown') throw unable(capability, ability, queue)
}

const unable = (capability: Exclude<Capability, { answer: 'yes' | 'priced' }>, ability: Ability, queue: QueueAddress) =>
  new Failure({
    code: 'unsupported',
    message: `${queue.name}: ${ability} cannot be done from here: ${capability.reason}`,
    subject: queue.name,
  })
