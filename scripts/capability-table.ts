// npm run docs:capabilities: writes what each system can do into docs/environments.md, from the code that says so.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { capabilityNotes, capabilityTable } from '../src-shared/model/capability-table'

const path = join(import.meta.dirname, '..', 'docs', 'environments.md')
const begin = '<!-- capabilities: written by npm run docs:capabilities -->'
const end = '<!-- end of capabilities -->'

const text = readFileSync(path, 'utf8')
const [before, rest] = text.split(begin)
const after = rest?.split(end)[1]
if (before === undefined || after === undefined)
  throw new Error(`${path} has no place for the table between its two marks`)
writeFileSync(path, `${before}${begin}\n\n${capabilityTable()}\n\n${capabilityNotes()}\n\n${end}${after}`)
