import { describe, expect, it } from 'vitest'
import { cronWords, optionWords, whenWords } from './schedule-words'

describe('when a schedule ticks', () => {
  it.each([
    ['* * * * *', 'Every minute'],
    ['*/15 * * * *', 'Every 15 minutes'],
    ['5 * * * *', 'Every hour at :05'],
    ['0 */2 * * *', 'Every 2 hours at :00'],
    ['30 2 * * *', 'Every day at 02:30'],
    ['0 8,12,18 * * *', 'Every day at 08:00, 12:00 and 18:00'],
    ['0 7 * * 1-5', 'Monday to Friday at 07:00'],
    ['0 7 * * mon', 'Every Monday at 07:00'],
    ['0 7 * * 0,6', 'Sunday and Saturday at 07:00'],
    ['0 0 1 * *', 'Day 1 of every month at 00:00'],
    ['0 0 24 12 *', '24 Dec of every year at 00:00'],
    ['*/10 * * * * *', 'Every 10 seconds'],
    ['0 30 2 * * *', 'Every day at 02:30'],
    ['@hourly', 'Every hour at :00'],
    ['@daily', 'Every day at 00:00'],
  ])('reads %s', (cron, words) => {
    expect(cronWords(cron)).toBe(words)
  })

  it.each(['', 'nonsense', '61 * * * *', '0 0 L * *', '0 0 13 * 5', '0-30 * * * *', '5 0 30 2 * * *', '0 7 * * xyz'])(
    'has no words for %j rather than wrong ones',
    (cron) => {
      expect(cronWords(cron)).toBeNull()
    },
  )

  it('names intervals by their largest whole unit', () => {
    const every = (everyMs: number) => whenWords({ cron: null, everyMs })
    expect([1_000, 30_000, 60_000, 90_000, 5_400_000, 86_400_000, 1_500].map(every)).toEqual([
      'Every second',
      'Every 30 seconds',
      'Every minute',
      'Every 90 seconds',
      'Every 90 minutes',
      'Every day',
      'Every 1.5 s',
    ])
    expect(whenWords({ cron: null, everyMs: null })).toBeNull()
  })

  it('says where the messages go', () => {
    expect(
      optionWords([
        { name: 'group', value: 'eu' },
        { name: 'delayMs', value: '5000' },
        { name: 'maxAttempts', value: '3' },
      ]),
    ).toBe('group eu · delay 5 s · attempts 3')
  })
})
