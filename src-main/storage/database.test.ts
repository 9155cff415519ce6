import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from './database'
import { migrations } from './migrations'

const now = Date.UTC(2026, 0, 2)

describe('the database', { timeout: 30_000 }, () => {
  let folder: string
  let path: string
  const opened: Database[] = []

  const open = async () => {
    const database = await openDatabase(path, now)
    opened.push(database)
    return database
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'queuescope-database-'))
    path = join(folder, 'history.db')
  })

  afterEach(async () => {
    for (const database of opened.splice(0)) await database.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const addSeries = (database: Database, queue: string) =>
    database.run('INSERT INTO series (environment, queue) VALUES (?, ?)', ['e', queue])
  const queues = async (database: Database) =>
    (await database.all('SELECT queue FROM series ORDER BY id')).map((row) => row.queue)

  it('keeps what was written, numbers and bytes as they were', async () => {
    const first = await open()
    expect(first.notice).toBeNull()
    await addSeries(first, 'a')
    const packed = new Uint8Array([0, 255, 1])
    await first.run('INSERT INTO block (series, level, start, stop, n, packed) VALUES (?, ?, ?, ?, ?, ?)', [
      1,
      0,
      1_795_316_930_967,
      1_795_316_989_967,
      60,
      packed,
    ])
    await first.close()
    const second = await open()
    expect(await second.get('SELECT * FROM block', [])).toEqual({
      series: 1,
      level: 0,
      start: 1_795_316_930_967,
      stop: 1_795_316_989_967,
      n: 60,
      packed,
    })
    expect(await second.get('SELECT * FROM mark')).toBeUndefined()
    expect((await second.get('PRAGMA user_version'))!.user_version).toBe(migrations.length)
  })

  it('writes a transaction whole or not at all', async () => {
    const database = await open()
    const insert = (queue: string | null) => ({
      sql: 'INSERT INTO series (environment, queue) VALUES (?, ?)',
      params: ['e', queue],
    })
    await expect(database.write([insert('a'), insert(null)])).rejects.toMatchObject({ code: 'disk' })
    expect(await queues(database)).toEqual([])
    await database.write([insert('a'), insert('b')])
    expect(await queues(database)).toEqual(['a', 'b'])
  })

  it('answers in the order of the questions', async () => {
    const database = await open()
    const writes = Array.from({ length: 50 }, (_, n) => addSeries(database, `q${n}`))
    expect(await queues(database)).toHaveLength(50)
    await Promise.all(writes)
  })

  it('refuses after it was closed, and closes twice', async () => {
    const database = await open()
    await database.close()
    await database.close()
    await expect(queues(database)).rejects.toMatchObject({ code: 'closed' })
  })

  it('keeps a file aside that is no database, and starts anew', async () => {
    writeFileSync(path, 'this is not a database, and long enough to be read as the header of one')
    const database = await open()
    expect(database.notice).toContain('is damaged')
    await addSeries(database, 'a')
    const kept = readdirSync(folder).find((name) => name.startsWith('history.db.kept-'))!
    expect(readFileSync(join(folder, kept), 'utf8')).toContain('this is not a database')
  })

  it('keeps a truncated file aside', async () => {
    const whole = await open()
    for (let n = 0; n < 2_000; n += 1) void addSeries(whole, `queue-${n}-${'x'.repeat(200)}`)
    await queues(whole)
    await whole.close()
    truncateSync(path, 100_000)
    const database = await open()
    expect(database.notice).toContain('is damaged')
    expect(await queues(database)).toEqual([])
    expect(readdirSync(folder).some((name) => name.startsWith('history.db.kept-'))).toBe(true)
  })

  it('keeps the file of a newer console aside', async () => {
    const newer = await open()
    await newer.run('INSERT INTO series (environment, queue) VALUES (?, ?)', ['e', 'a'])
    // A transaction around a pragma changes nothing: it is written to the header all the same.
    await newer.run(`PRAGMA user_version = ${migrations.length + 1}`)
    await newer.close()
    const database = await open()
    expect(database.notice).toContain('newer Queuescope')
    expect(await queues(database)).toEqual([])
  })

  it('opens although a killed console left its lock behind', async () => {
    const first = await open()
    await addSeries(first, 'a')
    await first.close()
    mkdirSync(`${path}.lock`)
    expect(await queues(await open())).toEqual(['a'])
  })

  it('says when the place cannot be written', async () => {
    path = join(folder, 'absent', 'history.db')
    await expect(open()).rejects.toMatchObject({ code: 'disk' })
  })
})
