import { describe, expect, it } from 'vitest'
import { firstBody, requestOf, type SendForm, sendRefusal } from './send-form'

const form = (more: Partial<SendForm> = {}): SendForm => ({
  queue: 'engine/qe/a',
  name: '',
  body: firstBody,
  count: 2,
  delaySeconds: null,
  priority: null,
  attributes: [],
  ...more,
})

describe('the send form', () => {
  it('makes one body per message', () => {
    let next = 0
    const request = requestOf(form({ attributes: [{ name: ' trace ', value: 'x' }] }), 'e', 0, () => `u${++next}`)
    expect(request.bodies.map((body) => JSON.parse(body).n)).toEqual([1, 2])
    expect(request.bodies[0]).toContain('"u1"')
    expect(request).toMatchObject({ name: null, delayMs: 0, attributes: { trace: 'x' } })
  })

  it('says what is missing', () => {
    expect(sendRefusal(form(), 'engine')).toBeNull()
    expect(sendRefusal(form({ queue: '' }), undefined)).toContain('queue')
    expect(sendRefusal(form({ body: '{{uid}}' }), 'engine')).toContain('{{uid}} is no template')
    expect(sendRefusal(form({ count: 0 }), 'engine')).not.toBeNull()
    expect(sendRefusal(form(), 'bullmq')).toBe('A job needs a name.')
    expect(sendRefusal(form({ name: 'a', body: 'hello' }), 'bullmq')).toContain('must be JSON')
    expect(sendRefusal(form({ body: 'hello' }), 'engine')).toBeNull()
    const twice = [
      { name: 'a', value: '' },
      { name: 'a', value: '' },
    ]
    expect(sendRefusal(form({ attributes: twice }), 'engine')).toContain('same name')
  })
})
