import { isFailure } from '@shared/failure'
import { expect } from 'vitest'
import type { DriverAbility } from '../driver-abilities'
import type { LeaseRequest, NewMessage } from '../driver-messages'
import { asking, type Scene, take, textOf } from './driver-conformance-scene'

/** What a message says that needs an ability. */
const options: Partial<Record<DriverAbility, readonly Partial<NewMessage>[]>> = {
  delay: [{ delayMs: 60_000 }, { dueAt: 4_000_000_000_000 }],
  priority: [{ priority: 0 }],
  groups: [{ group: 'g' }],
  dedup: [{ dedup: { key: 'k', windowMs: 60_000 } }],
  ownIds: [{ ownId: 'own' }],
  attributes: [{ attributes: { name: 'value' } }],
  families: [{ children: 1 }, { parent: { queue: 'q', id: '1', index: 0 } }],
}

const requests: Partial<Record<DriverAbility, Partial<LeaseRequest>>> = {
  limit: { limit: { max: 1, perMs: 60_000 } },
  groupLimit: { groupLimit: { max: 1, perMs: 60_000 } },
}

/** Holds a driver to an ability that it declares as no: it says so wherever it is asked, and never pretends. */
export async function checkRefusal(scene: Scene, ability: DriverAbility): Promise<void> {
  const { driver, queue } = scene
  const declared = driver.abilities[ability]
  expect(declared.answer === 'no' && declared.reason.length > 10).toBe(true)

  for (const option of options[ability] ?? []) {
    const outcomes = await driver.enqueue(queue, [{ body: 'plain' }, { body: 'special', ...option }])
    expect(outcomes.map((each) => each.outcome)).toEqual(['added', 'failed'])
    const refused = outcomes[1]
    expect(refused?.outcome === 'failed' && refused.failure.code).toBe('unsupported')
    expect((await take(scene, 1)).map(textOf)).toEqual(['plain'])
  }
  const request = requests[ability]
  if (request) await unsupported(() => driver.lease(queue, asking(request)))

  switch (ability) {
    case 'deadLetters':
    case 'replay':
      return expect(driver.dead).toBeUndefined()
    case 'find':
    case 'browse': {
      if (driver.abilities.find.answer === 'no' && driver.abilities.browse.answer === 'no')
        return expect(driver.looking).toBeUndefined()
      const { looking } = driver
      return unsupported(() =>
        ability === 'find'
          ? looking!.find(queue, '1')
          : looking!.browse(queue, { state: 'ready', cursor: null, limit: 10 }),
      )
    }
    case 'cancel':
    case 'edit':
    case 'promote':
    case 'changePriority': {
      const { mending, abilities } = driver
      const any = (['cancel', 'edit', 'promote', 'changePriority'] as const).some(
        (each) => abilities[each].answer === 'yes',
      )
      if (!any) return expect(mending).toBeUndefined()
      const body = new Uint8Array()
      if (ability === 'cancel') return unsupported(() => mending!.cancel(queue, ['1']))
      if (ability === 'edit') return unsupported(() => mending!.edit(queue, { id: '1', seen: body, body }))
      if (ability === 'promote') return unsupported(() => mending!.promoteIds(queue, ['1']))
      return unsupported(() => mending!.changePriority(queue, ['1'], 1))
    }
    case 'pause':
      return expect(driver.pausing).toBeUndefined()
    case 'progress':
      return expect(driver.notes).toBeUndefined()
    case 'schedules':
      return expect(driver.schedules).toBeUndefined()
    case 'families':
      return expect(driver.families).toBeUndefined()
    case 'idempotency':
      return expect(driver.idempotency).toBeUndefined()
    case 'purge':
      return unsupported(() => driver.purge(queue, 'ready', { before: null, limit: 1 }))
    case 'keepDone':
      return expect((await driver.stats(queue)).done ?? 0).toBe(0)
    case 'extend':
      return unsupported(() => driver.extend(queue, '1', 1_000))
    case 'lag':
      return expect((await driver.stats(queue)).groups.filter(({ lag }) => lag !== null)).toEqual([])
    case 'fanOut':
      return expect(scene.openGroup).toBeUndefined()
    // Refused above, item by item; or nothing that can be asked for.
    case 'delay':
    case 'priority':
    case 'groups':
    case 'dedup':
    case 'ownIds':
    case 'attributes':
    case 'limit':
    case 'groupLimit':
    case 'fence':
    case 'history':
      return
  }
}

async function unsupported(ask: () => Promise<unknown>): Promise<void> {
  const refused = await ask().catch((error: unknown) => error)
  expect(isFailure(refused) && refused.code).toBe('unsupported')
}
