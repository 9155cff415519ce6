import { expect, it } from 'vitest'
import { manualClock } from '../runtime/manual-clock'
import { Tickets, ticketMs } from './tickets'

it('is good once', () => {
  const tickets = new Tickets<string>(manualClock())
  const { ticket } = tickets.issue('plan')
  expect(tickets.look(ticket)).toBe('plan')
  expect(tickets.spend(ticket)).toBe('plan')
  expect(() => tickets.spend(ticket)).toThrow(/committed already/)
})

it('is void after 60 s, and when it was never issued', async () => {
  const clock = manualClock()
  const tickets = new Tickets<string>(clock)
  const { ticket } = tickets.issue('plan')
  await clock.advance(ticketMs)
  expect(() => tickets.look(ticket)).toThrow(/older than 60 s/)
  expect(() => tickets.look('made up')).toThrow(/never made here/)
})
