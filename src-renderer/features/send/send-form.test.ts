import { layouts } from '@shared/model/queue'
import { describe, expect, it } from 'vitest'
import { emptyForm, fittedTo, optionsFor, requestOf, type SendForm, type SendTarget, sendRefusal } from './send-form'

const target = (layout: SendTarget['layout'], name = 'a'): SendTarget => ({ layout, name })
const form = (more: Partial<SendForm> = {}): SendForm => ({ ...emptyForm('key'), count: 2, ...more })
const moment = (to: SendTarget) => {
  let next = 0
  return { environmentId: 'e', target: to, now: 0, uuid: () => `u${++next}` }
}
const request = (layout: SendTarget['layout'], more: Partial<SendForm> = {}, name?: string) =>
  requestOf(form(more), moment(target(layout, name)))

describe('the send form', () => {
  it('makes one body per message', () => {
    const made = request('engine', { attributes: [{ name: ' trace ', value: 'x' }] })
    expect(made.bodies.map((body) => JSON.parse(body).n)).toEqual([1, 2])
    expect(made.bodies[0]).toContain('"u1"')
    expect(made).toMatchObject({ name: null, delayMs: 0, attributes: { trace: 'x' } })
  })

  it('says what is missing', () => {
    expect(sendRefusal(form(), target('engine'))).toBeNull()
    expect(sendRefusal(form({ queue: '' }), undefined)).toContain('queue')
    expect(sendRefusal(form({ body: '{{uid}}' }), target('engine'))).toContain('{{uid}} is no template')
    expect(sendRefusal(form({ count: 0 }), target('engine'))).not.toBeNull()
    expect(sendRefusal(form(), target('bullmq'))).toBe('Job name is missing.')
    expect(sendRefusal(form({ name: 'a', body: 'hello' }), target('bullmq'))).toContain('JSON')
    expect(sendRefusal(form({ body: 'hello' }), target('engine'))).toBeNull()
    expect(sendRefusal(form({ name: 'Mail', body: '{}' }), target('sidekiq'))).toContain('put it in [ ]')
    const twice = [
      { name: 'a', value: '' },
      { name: 'a', value: '' },
    ]
    expect(sendRefusal(form({ attributes: twice }), target('engine'))).toContain('same name')
  })

  it('wants a group for a FIFO queue alone, and one message per deduplication id', () => {
    const fifo = target('sqs', 'orders.fifo')
    expect(sendRefusal(form(), target('sqs', 'orders'))).toBeNull()
    expect(sendRefusal(form(), fifo)).toBe('Message group is missing.')
    const options = { group: 'g', dedupId: 'd' }
    expect(sendRefusal(form({ options }), fifo)).toContain('Send 1')
    expect(sendRefusal(form({ options, count: 1 }), fifo)).toBeNull()
    expect(request('sqs', { options }, 'orders.fifo').options).toEqual({ group: 'g', dedupId: 'd' })
    expect(request('sqs', { options }, 'orders').options).toEqual({ group: 'g' })
  })

  it('sends only what the layout takes, whatever was filled in for another', () => {
    const all: Partial<SendForm> = {
      name: 'n',
      delaySeconds: 5,
      priority: 3,
      attributes: [{ name: 'a', value: 'b' }],
      options: { group: 'g', exchange: 'x' },
    }
    expect(request('list', all)).toMatchObject({
      name: null,
      delayMs: 0,
      priority: null,
      attributes: {},
      options: { end: 'left' },
    })
    expect(request('rabbitmq', all)).toMatchObject({ name: 'n', delayMs: 0, priority: 3, options: { exchange: 'x' } })
  })

  it('has a body of its own for each layout that can be sent to, until somebody wrote one', () => {
    for (const layout of layouts.filter((each) => each !== 'rq')) {
      const to = target(layout)
      const ready = fittedTo(to, form({ name: 'n' }))
      expect(sendRefusal(ready, to), layout).toBeNull()
      expect(optionsFor(to).map(({ name }) => name)).toEqual([...new Set(optionsFor(to).map(({ name }) => name))])
    }
    expect(fittedTo(target('sidekiq'), form()).body).toMatch(/^\[/)
    expect(fittedTo(target('sidekiq'), form({ body: '{}' })).body).toBe('{}')
  })
})
