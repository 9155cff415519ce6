import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { capabilityNotes, capabilityTable } from './capability-table'
import { layouts } from './queue'

describe('the table of capabilities', () => {
  it('has a row for every layout', () => {
    expect(capabilityTable().split('\n')).toHaveLength(layouts.length + 2)
  })

  it('stands in the documentation as the code says it: npm run docs:capabilities writes it anew', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'environments.md'), 'utf8')
    expect(page).toContain(capabilityTable())
    expect(page).toContain(capabilityNotes())
  })
})
