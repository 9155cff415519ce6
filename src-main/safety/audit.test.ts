import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../runtime/clock'
import { Audit, type AuditDraft, verifyChain } from './audit'

const draft = (summary: string): AuditDraft => ({
  event: 'send',
  environment: 'dev',
  queue: 'q',
  summary,
  runId: null,
  detail: { count: 1 },
})

describe('audit', () => {
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'queuescope-audit-'))
    path = join(folder, 'audit.jsonl')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('chains what is written, also at once, and reads it back', async () => {
    const audit = await Audit.open(path, systemClock)
    await Promise.all(['one', 'two', 'three'].map((summary) => audit.record(draft(summary))))
    const again = await Audit.open(path, systemClock)
    await again.record(draft('four'))
    const page = (await Audit.open(path, systemClock)).page(null, 10)
    expect(page.entries.map(({ summary }) => summary)).toEqual(['four', 'three', 'two', 'one'])
    expect(page).toMatchObject({ intact: true, brokenAt: null })
  })

  it('pages backwards by sequence', async () => {
    const audit = await Audit.open(path, systemClock)
    for (const summary of ['a', 'b', 'c', 'd']) await audit.record(draft(summary))
    const first = audit.page(null, 2)
    expect(first.entries.map(({ summary }) => summary)).toEqual(['d', 'c'])
    expect(audit.page(first.entries.at(-1)?.seq ?? 0, 2).entries.map(({ summary }) => summary)).toEqual(['b', 'a'])
  })

  it('notices every changed, cut or added byte', async () => {
    const audit = await Audit.open(path, systemClock)
    for (let index = 0; index < 5; index += 1) await audit.record(draft(`entry ${index}`))
    const text = await readFile(path, 'utf8')
    expect(verifyChain(text).brokenAt).toBeNull()
    fc.assert(
      fc.property(fc.nat(text.length - 2), fc.integer({ min: 1, max: 94 }), (at, shift) => {
        const code = text.charCodeAt(at)
        const other = code === 10 ? 'x' : String.fromCharCode(33 + ((code - 33 + shift) % 94))
        if (other === text[at]) return
        expect(verifyChain(text.slice(0, at) + other + text.slice(at + 1)).brokenAt).not.toBeNull()
      }),
      { numRuns: 1_000 },
    )
    fc.assert(
      fc.property(fc.integer({ min: 1, max: text.length - 1 }), (end) => {
        const cut = text.slice(0, end)
        // Whole lines missing at the end are a shorter, true record; anything else shows.
        if (!cut.endsWith('\n')) expect(verifyChain(cut).brokenAt).not.toBeNull()
      }),
    )
  })

  it('tells the first line that does not follow', async () => {
    const audit = await Audit.open(path, systemClock)
    for (const summary of ['a', 'b', 'c']) await audit.record(draft(summary))
    await writeFile(path, (await readFile(path, 'utf8')).replace('"summary":"b"', '"summary":"x"'))
    expect((await Audit.open(path, systemClock)).page(null, 10)).toMatchObject({ intact: false, brokenAt: 2 })
  })

  it('keeps what it can read beside a damaged line', async () => {
    const audit = await Audit.open(path, systemClock)
    await audit.record(draft('a'))
    await appendFile(path, 'garbage\n')
    expect((await Audit.open(path, systemClock)).page(null, 10)).toMatchObject({ intact: false, brokenAt: 2 })
  })

  it('refuses when the disk does', async () => {
    const audit = await Audit.open(path, systemClock)
    await rm(folder, { recursive: true })
    await expect(audit.record(draft('a'))).rejects.toMatchObject({ code: 'disk' })
  })
})
