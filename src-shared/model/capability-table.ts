import { type Ability, abilities, type Capability } from './capability'
import { layoutFacts } from './known-layouts'
import { messageStates } from './message'
import { layouts } from './queue'

/** The table of docs/environments.md: what can be done per system, as the adapters begin with; a version, a setting or a permission may take away more. */
export function capabilityTable(): string {
  const head = ['system', 'its words for ready / leased / delayed / dead / done', ...abilities]
  const rows = layouts.map((layout) => {
    const { product, broker, states, abilities: able } = layoutFacts[layout]
    const words = messageStates.map((state) => states[state] ?? '–').join(' / ')
    return [
      product === broker ? product : `${product} (${broker})`,
      words,
      ...abilities.map((ability) => wordOf(able[ability])),
    ]
  })
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Why not, what it costs, and what a system cannot tell: beneath the table, one list per system. */
export function capabilityNotes(): string {
  return layouts
    .map((layout) => {
      const { product, abilities: able, limits } = layoutFacts[layout]
      const lines = [...abilities.flatMap((ability) => noteOf(ability, able[ability])), ...limits]
      return `**${product}**\n\n${lines.length === 0 ? '- Nothing is held back.' : lines.map((line) => `- ${line}`).join('\n')}`
    })
    .join('\n\n')
}

function wordOf(capability: Capability): string {
  switch (capability.answer) {
    case 'yes':
    case 'no':
      return capability.answer
    case 'unknown':
      return '?'
    case 'priced':
      return 'at a price'
  }
}

function noteOf(ability: Ability, capability: Capability): readonly string[] {
  if (capability.answer === 'yes') return []
  return [`${ability}: ${capability.answer === 'priced' ? capability.price : capability.reason}`]
}
