import { getEventIteratorSchemaDetails, isContractProcedure } from '@orpc/contract'
import { describe, expect, it } from 'vitest'
import { contract } from './contract'
import type { MethodMeta } from './procedure'

type Procedure = { path: string; meta: MethodMeta; hasInput: boolean; isStream: boolean }

function procedures(node: unknown, path: readonly string[]): Procedure[] {
  if (isContractProcedure(node)) {
    const definition = node['~orpc']
    return [
      {
        path: path.join('.'),
        meta: definition.meta as MethodMeta,
        hasInput: definition.inputSchema !== undefined,
        isStream: getEventIteratorSchemaDetails(definition.outputSchema) !== undefined,
      },
    ]
  }
  return Object.entries(node as Record<string, unknown>).flatMap(([name, child]) => procedures(child, [...path, name]))
}

const all = procedures(contract, [])

describe('contract', () => {
  it('gives every method a class', () => {
    expect(all.length).toBeGreaterThan(20)
    expect(all.filter(({ meta }) => !['read', 'write', 'destructive'].includes(meta.class ?? ''))).toEqual([])
  })

  it('has two methods that may take something away, and each needs a ticket', () => {
    expect(all.filter(({ meta }) => meta.class === 'destructive').map(({ path }) => path)).toEqual([
      'plans.commit',
      'acts.commit',
    ])
    const ticketless = { typedName: null, reason: '', ratePerSecond: null, canary: 0, stopAtShare: 1 }
    for (const { commit } of [contract.plans, contract.acts])
      expect(commit['~orpc'].inputSchema?.safeParse(ticketless).success).toBe(false)
  })

  it('checks the input of every method that takes one', () => {
    const without = ['system.info', 'system.preferences', 'environments.watch', 'plans.watchRuns']
    expect(all.filter(({ hasInput }) => !hasInput).map(({ path }) => path)).toEqual(without)
  })

  it('streams only what is live, and only reads', () => {
    expect(all.filter(({ isStream }) => isStream).map(({ path, meta }) => [path, meta.class])).toEqual([
      ['environments.watch', 'read'],
      ['environments.tailChannel', 'read'],
      ['queues.feed', 'read'],
      ['queues.tail', 'read'],
      ['plans.watchRuns', 'read'],
    ])
  })
})
