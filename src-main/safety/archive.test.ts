import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Snapshot } from '../brokers/remedies'
import { Archive, ArchiveWriter } from './archive'

const snapshot = fc.record<Snapshot>({
  id: fc.string(),
  state: fc.constantFrom('ready', 'delayed', 'dead'),
  place: fc.string(),
  body: fc.uint8Array({ maxLength: 200 }),
  fields: fc.dictionary(fc.string({ minLength: 1 }), fc.uint8Array({ maxLength: 40 }), { noNullPrototype: true }),
})

async function all(archive: Archive, runId: string): Promise<Snapshot[]> {
  const found: Snapshot[] = []
  for await (const each of archive.read(runId)) found.push(each)
  return found
}

const bytesOf = ({ id, state, place, body, fields }: Snapshot) => ({
  id,
  state,
  place,
  body: Buffer.from(body).toString('hex'),
  fields: Object.entries(fields).map(([name, bytes]) => [name, Buffer.from(bytes).toString('hex')]),
})

describe('archive', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'queuescope-archive-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('gives back every byte', async () => {
    const archive = new Archive(folder)
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(snapshot, { maxLength: 8 }), async (snapshots) => {
        run += 1
        const writer = await archive.begin(`run-${run}`)
        await writer.append(snapshots)
        await writer.finish(0)
        expect((await all(archive, `run-${run}`)).map(bytesOf)).toEqual(snapshots.map(bytesOf))
      }),
      { numRuns: 50 },
    )
  })

  it('notices a changed byte and a missing line', async () => {
    const archive = new Archive(folder)
    const writer = await archive.begin('run')
    const snapshots = ['a', 'b'].map(
      (id): Snapshot => ({ id, state: 'dead', place: '1', body: Buffer.from(`body ${id}`), fields: {} }),
    )
    await writer.append(snapshots)
    await writer.finish(0)
    expect(await archive.verify('run')).toMatchObject({ count: 2, bytes: 12 })
    const path = join(folder, 'run', 'messages.ndjson')
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('"place":"1"', '"place":"2"'))
    await expect(archive.verify('run')).rejects.toMatchObject({ code: 'disk' })
    await writeFile(path, `${text.split('\n')[0]}\n`)
    await expect(archive.verify('run')).rejects.toMatchObject({ code: 'disk' })
  })

  it('says that the disk is full', async () => {
    // Every write to /dev/full is answered with ENOSPC, as by a full disk.
    const writer = new ArchiveWriter('run', folder, '/dev/full', await open('/dev/full', 'w'))
    await expect(
      writer.append([{ id: 'a', state: 'dead', place: '', body: Buffer.from('x'), fields: {} }]),
    ).rejects.toMatchObject({
      code: 'disk',
      message: '/dev/full could not be written: the disk is full',
    })
    await writer.abandon()
  })

  it('leaves nothing behind when it is abandoned, and says where it cannot begin', async () => {
    const archive = new Archive(folder)
    await (await archive.begin('run')).abandon()
    expect(await readdir(folder)).toEqual([])
    await expect(new Archive('/dev/null/nowhere').begin('run')).rejects.toMatchObject({ code: 'disk' })
  })

  it('forgets what is older than it promised to keep', async () => {
    const archive = new Archive(folder)
    for (const [id, at] of [
      ['old', 0],
      ['new', 900],
    ] as const)
      await (await archive.begin(id)).finish(at)
    expect(await archive.expire(1_000, 500)).toBe(1)
    await expect(archive.verify('old')).rejects.toMatchObject({ code: 'disk' })
    expect(await archive.verify('new')).toMatchObject({ count: 0 })
  })
})
