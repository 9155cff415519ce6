import { existsSync, renameSync } from 'node:fs'
import { openDriver, type SqlDriver } from './database-driver'
import { migrations } from './migrations'

export interface OpenedFile {
  readonly driver: SqlDriver
  /** What became of an older file that could not be used, in words; null when all is well. */
  readonly notice: string | null
}

/**
 * Opens the file and brings it to the newest schema. One that is damaged, or was written by a newer Queuescope, is
 * renamed and kept, and a new one is begun: the console starts in any case.
 */
export async function openFile(path: string, now: number): Promise<OpenedFile> {
  try {
    const { driver, trouble } = await tryOpen(path)
    if (trouble === null) return { driver, notice: null }
    driver.close()
    return await beginAnew(path, now, trouble)
  } catch (error) {
    if (!isDamage(error)) throw error
    return await beginAnew(path, now, 'is damaged')
  }
}

async function tryOpen(path: string): Promise<{ readonly driver: SqlDriver; readonly trouble: string | null }> {
  const driver = await openDriver(path)
  try {
    // Exclusive before WAL: without shared memory, which the WebAssembly build has not, WAL works only so.
    driver.exec('PRAGMA locking_mode = EXCLUSIVE')
    driver.exec('PRAGMA journal_mode = WAL')
    // After a power cut the last samples may be missing; the file itself stays whole.
    driver.exec('PRAGMA synchronous = NORMAL')
    const check = Object.values(driver.get('PRAGMA quick_check(1)', []) ?? {})[0]
    if (check !== 'ok') return { driver, trouble: 'is damaged' }
    const version = Number(Object.values(driver.get('PRAGMA user_version', []) ?? {})[0] ?? 0)
    if (version > migrations.length) return { driver, trouble: 'was written by a newer Queuescope' }
    for (let step = version; step < migrations.length; step += 1) {
      driver.exec(`BEGIN; ${migrations[step]!}; PRAGMA user_version = ${step + 1}; COMMIT`)
    }
    return { driver, trouble: null }
  } catch (error) {
    driver.close()
    throw error
  }
}

async function beginAnew(path: string, now: number, trouble: string): Promise<OpenedFile> {
  const kept = `${path}.kept-${new Date(now).toISOString().replace(/[:.]/g, '-')}`
  for (const suffix of ['', '-wal', '-shm', '-journal']) {
    if (existsSync(`${path}${suffix}`)) renameSync(`${path}${suffix}`, `${kept}${suffix}`)
  }
  const { driver } = await tryOpen(path)
  return { driver, notice: `The history ${trouble}: it was kept as ${kept}, and a new one was begun.` }
}

/** SQLite's words for a file that is no database or a broken one; anything else (no permission, disk full) is not for us to rename away. */
const isDamage = (error: unknown): boolean =>
  error instanceof Error && /not a database|malformed|corrupt|file is encrypted/i.test(error.message)
