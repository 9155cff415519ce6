import { Cluster } from 'ioredis'
import type { RedisClient } from '../clients/redis'
import { askAll, textOf } from './redis-asking'

/** A connection that has a name, as CLIENT LIST tells it. */
export interface NamedClient {
  readonly id: string
  readonly name: string
  readonly host: string | null
  /** How long it has been connected, milliseconds. */
  readonly ageMs: number | null
  readonly isBlocked: boolean
}

export type NamedClients =
  | { readonly ok: true; readonly clients: readonly NamedClient[] }
  | { readonly ok: false; readonly reason: string }

/** Every named connection of the server, or why they cannot be seen. */
export async function namedClients(redis: RedisClient): Promise<NamedClients> {
  if (redis instanceof Cluster) {
    return { ok: false, reason: 'On a cluster each node knows its own connections only, so workers are not listed.' }
  }
  const [answer] = await askAll(redis, [['CLIENT', 'LIST']])
  if (answer?.ok) return { ok: true, clients: clientsIn(textOf(answer.value) ?? '') }
  const denied = answer?.refusal.message.startsWith('NOPERM')
  return {
    ok: false,
    reason: denied
      ? 'This user may not run CLIENT LIST, which alone names the workers: grant it with ACL SETUSER ... +client|list'
      : `Redis does not list its connections: ${answer?.refusal.message ?? 'no answer'}`,
  }
}

/** Pure: the named ones of CLIENT LIST's lines, "id=3 addr=10.0.0.1:5000 ... name=x age=5 ...". */
export function clientsIn(list: string): readonly NamedClient[] {
  return list.split('\n').flatMap((line) => {
    const facts = new Map(
      line.split(' ').map((fact) => {
        const cut = fact.indexOf('=')
        return [fact.slice(0, cut), fact.slice(cut + 1)] as const
      }),
    )
    const name = facts.get('name') ?? ''
    if (name === '') return []
    const age = Number(facts.get('age') ?? Number.NaN)
    const address = facts.get('addr') ?? ''
    return [
      {
        id: facts.get('id') ?? name,
        name,
        host: address.slice(0, address.lastIndexOf(':')) || null,
        ageMs: Number.isFinite(age) ? age * 1000 : null,
        isBlocked: facts.get('flags')?.includes('b') ?? false,
      },
    ]
  })
}
