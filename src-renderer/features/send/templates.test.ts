import { describe, expect, it } from 'vitest'
import { fillTemplate, unknownTemplates } from './templates'

const values = { seq: 3, now: 0, uuid: () => 'u-1' }

describe('templates', () => {
  it('are filled in, message by message', () => {
    expect(fillTemplate('{"id":"{{uuid}}","n":{{ seq }},"at":"{{now}}"}', values)).toBe(
      '{"id":"u-1","n":3,"at":"1970-01-01T00:00:00.000Z"}',
    )
  })

  it('leave alone what they do not know, and say so', () => {
    expect(fillTemplate('{{7*7}} {{constructor}} $x', values)).toBe('{{7*7}} {{constructor}} $x')
    expect(unknownTemplates('{{uuid}} {{uid}} {{uid}}')).toEqual(['uid'])
  })
})
