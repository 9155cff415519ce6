import { type DeclarationDraft, nameIn, roleNames } from '@shared/model/declaration'
import type { RedisClient } from '../../clients/redis'
import type { Found, KeyFamily } from '../../reader'
import { askTogether } from '../asking-together'
import { type Command, textOf } from '../redis-asking'
import { isSidekiqs } from './evidence'
import { rolesOf } from './places'

/** One reading of a key's name: whose key it would be. */
export interface Sighting {
  readonly declaration: DeclarationDraft
  readonly name: string
}

/**
 * Queues by the names of their keys. Several patterns may fit one key ("queue:a:dead" is the dead letters of a, or the queue a:dead):
 * the one with the most of its own text does, so that names with colons are parted by the suffix that is known.
 */
export const declaredKeyFamily = (redis: RedisClient, declarations: () => readonly DeclarationDraft[]): KeyFamily => {
  let known: readonly DeclarationDraft[] = []
  let patterns: readonly Pattern[] = []
  return {
    sight(key) {
      const current = declarations()
      if (current !== known) {
        known = current
        patterns = patternsOf(current)
      }
      const sighting = sightingOf(patterns, key)
      return sighting && { candidate: `${sighting.declaration.id} ${sighting.name}` }
    },
    prove: (candidates) =>
      prove(
        redis,
        candidates.map((candidate) => parseCandidate(candidate, declarations())),
      ),
  }
}

interface Pattern {
  readonly declaration: DeclarationDraft
  readonly pattern: string
  /** Its key's beginning, looked at first: most keys are strangers. */
  readonly before: string
}

/** The longest first; of the same length, the one that is declared first. */
export function patternsOf(declarations: readonly DeclarationDraft[]): readonly Pattern[] {
  return declarations
    .flatMap((declaration) =>
      roleNames.flatMap((role) => {
        const pattern = declaration.roles[role]?.key
        return pattern === undefined ? [] : [{ declaration, pattern, before: pattern.split('{name}')[0] ?? '' }]
      }),
    )
    .filter(({ pattern }) => pattern.includes('{name}'))
    .sort((a, b) => b.pattern.length - a.pattern.length)
}

export function sightingOf(patterns: readonly Pattern[], key: string): Sighting | null {
  for (const { declaration, pattern, before } of patterns) {
    if (!key.startsWith(before)) continue
    const name = nameIn(pattern, key)
    if (name !== null) return { declaration, name }
  }
  return null
}

function parseCandidate(candidate: string, declarations: readonly DeclarationDraft[]): Sighting | null {
  const space = candidate.indexOf(' ')
  const declaration = declarations.find(({ id }) => id === candidate.slice(0, space))
  return declaration ? { declaration, name: candidate.slice(space + 1) } : null
}

/**
 * Proved by the types of its keys: one of them at least that is surely its own, and none that is another's. The messages to be
 * taken prove it, as do two of its other keys together, or one whose name begins as theirs.
 */
export async function prove(
  redis: RedisClient,
  sightings: readonly (Sighting | null)[],
): Promise<readonly (readonly Found[])[]> {
  const asked = sightings.map((sighting) => (sighting ? rolesOf(sighting.declaration, sighting.name) : []))
  const types = await askTogether(
    redis,
    asked.flatMap((roles) => roles.map(({ place }): Command => ['TYPE', place.key])),
  )
  let at = 0
  const proved = asked.map((roles) => {
    const answers = types.slice(at, at + roles.length)
    at += roles.length
    const main = roles.find(({ name }) => name === 'ready' || name === 'log')
    let evidence = 0
    for (const [index, role] of roles.entries()) {
      const answer = answers[index]!
      const type = answer.ok ? textOf(answer.value) : 'none'
      if (type === 'none') continue
      if (type !== role.role.type) {
        // Something else stands where its messages would: a stranger of a like name.
        if (role === main) return false
        continue
      }
      evidence += role === main || (main && role.place.key.startsWith(main.place.key)) ? 2 : 1
    }
    return evidence >= 2
  })
  const clashes = await isSidekiqs(
    redis,
    asked.flatMap((roles, index) =>
      proved[index] ? roles.filter(({ name }) => name === 'ready').map(({ place }) => place) : [],
    ),
  )
  return sightings.map((sighting, index): readonly Found[] => {
    const isClash = asked[index]!.some(({ place }) => clashes.has(place.key))
    if (!sighting || !proved[index] || isClash) return []
    const { declaration, name } = sighting
    const ownKeys = asked[index]!.map(({ place }) => place.key)
    return [{ address: { layout: 'declared', prefix: declaration.id, name }, product: declaration.title, ownKeys }]
  })
}
