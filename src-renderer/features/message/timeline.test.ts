import { describe, expect, it } from 'vitest'
import { timelineOf } from './timeline'

const event = (name: string, at: number | null) => ({ event: name, at, detail: null, attempt: null })

describe('a timeline', () => {
  it('measures from event to event, where both times are known', () => {
    const steps = timelineOf([
      event('enqueued', 1000),
      event('leased', 3500),
      event('failed', null),
      event('died', 9000),
    ])
    expect(steps.map((step) => step.sinceMs)).toEqual([null, 2500, null, null])
    expect(steps.map((step) => step.kind)).toEqual(['begin', 'lease', 'fail', 'fail'])
  })
})
