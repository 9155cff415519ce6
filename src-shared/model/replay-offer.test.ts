import { describe, expect, it } from 'vitest'
import { phraseOf, replayOfferOf } from './replay-offer'

describe('what is brought back', () => {
  it('is what is dead, in the words of the system, unless the queue says otherwise', () => {
    expect(replayOfferOf('rq', undefined)).toEqual({ from: ['dead'], verb: 'Requeue' })
    expect(replayOfferOf('rq', { answer: 'yes' })).toEqual({ from: ['dead'], verb: 'Requeue' })
    expect(replayOfferOf('sqs', { answer: 'no', reason: 'none' })).toEqual({ from: ['dead'], verb: 'Redrive' })
    expect(replayOfferOf('sidekiq', { answer: 'yes', from: ['delayed'], verb: 'Add to queue' })).toEqual({
      from: ['delayed'],
      verb: 'Add to queue',
    })
    expect(replayOfferOf(undefined, undefined).verb).toBe('Replay')
  })

  it('is said as people say it', () => {
    expect(phraseOf('Retry', '3 jobs of mail')).toBe('Retry 3 jobs of mail')
    expect(phraseOf('Add to queue', '3 jobs of scheduled set')).toBe('Add 3 jobs of scheduled set to queue')
    expect(phraseOf('Retry now', '3')).toBe('Retry 3 now')
    expect(phraseOf('Send back', '12')).toBe('Send 12 back')
  })
})
