import type { Plan } from '@shared/model/plan'
import { describe, expect, it } from 'vitest'
import { commitOf, commitRefusal, firstForm } from './plan-form'
import { planDeed, planSeconds, planSummary, planTitle } from './plan-words'

const plan = (more: Partial<Plan> = {}): Plan => ({
  ticket: 't',
  expiresAt: 60_000,
  request: {
    environmentId: 'e',
    queue: 'engine/qe/webhooks',
    selection: { kind: 'all', state: 'dead', cause: null, except: [] },
    action: { kind: 'replay' },
  },
  environmentName: 'eu-billing',
  tier: 'production',
  queueName: 'webhooks',
  count: 392,
  bytes: 800_000,
  digest: '',
  samples: [],
  typedName: null,
  refusal: null,
  warnings: [],
  verb: 'Replay',
  keeps: '',
  lost: '',
  undoable: true,
  keptUntil: 0,
  ...more,
})

describe('the plan form', () => {
  it('tries a few first where many are replayed, and nothing where there is no outcome', () => {
    expect(commitOf(plan(), firstForm(plan()))).toMatchObject({
      canary: 10,
      ratePerSecond: 50,
      stopAtShare: 0.2,
      typedName: null,
    })
    const purge = plan({ request: { ...plan().request, action: { kind: 'purge' } } })
    expect(commitOf(purge, firstForm(purge))).toMatchObject({ canary: 0, stopAtShare: 1 })
    expect(commitOf(plan({ count: 3 }), firstForm(plan({ count: 3 })))).toMatchObject({
      canary: 0,
      ratePerSecond: null,
    })
  })

  it('wants the name typed exactly, on production', () => {
    const guarded = plan({ typedName: 'webhooks' })
    const form = firstForm(guarded)
    expect(commitRefusal(guarded, form, 0)).toBe('Type webhooks to go on.')
    expect(commitRefusal(guarded, { ...form, typedName: 'Webhooks' }, 0)).not.toBeNull()
    expect(commitRefusal(guarded, { ...form, typedName: 'webhooks' }, 0)).toBeNull()
  })

  it('says why it cannot go on', () => {
    const form = firstForm(plan())
    expect(commitRefusal(plan({ refusal: 'read-only' }), form, 0)).toBe('read-only')
    expect(commitRefusal(plan(), form, 60_000)).toContain('ticket ran out')
    expect(commitRefusal(plan({ count: 0 }), form, 0)).not.toBeNull()
  })

  it('names what it does', () => {
    expect(planTitle(plan())).toBe('Replay 392 messages of webhooks')
    const edit = { kind: 'edit', base64: '', expectedDigest: '', thenReplay: true } as const
    const edited = plan({ count: 1, verb: 'Retry', request: { ...plan().request, action: edit } })
    expect(planDeed(edited)).toBe('Edit and retry 1')
    expect(planSeconds(392, 50)).toBe(8)
    expect(planSeconds(392, null)).toBeNull()
  })

  it('says of what waits for its time that it becomes ready at once', () => {
    const { request } = plan()
    const scheduled = plan({
      count: 3,
      verb: 'Add to queue',
      queueName: 'scheduled set',
      request: {
        ...request,
        queue: 'sidekiq//scheduled set',
        selection: { kind: 'all', state: 'delayed', cause: null, except: [] },
      },
    })
    expect(planTitle(scheduled)).toBe('Add 3 jobs of scheduled set to queue')
    expect(planDeed(scheduled)).toBe('Add 3 to queue')
    expect(planSummary(scheduled)).toContain('ready at once')
    expect(planSummary(plan())).toContain('from dead letters to ready')
  })
})
