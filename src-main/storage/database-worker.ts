import { parentPort, workerData } from 'node:worker_threads'
import type { SqlDriver, SqlRow, SqlValue } from './database-driver'
import { openFile } from './database-file'

/** Entry of the database's thread: SQLite's calls block, and so must not stand on the console's own thread. */

export interface Statement {
  readonly sql: string
  readonly params: readonly SqlValue[]
}

export type DatabaseRequest =
  | { readonly id: number; readonly ask: 'all'; readonly statement: Statement }
  /** All of them or none, in one transaction. */
  | { readonly id: number; readonly ask: 'write'; readonly statements: readonly Statement[] }
  | { readonly id: number; readonly ask: 'close' }

export type DatabaseReply =
  | { readonly id: number; readonly ok: true; readonly rows: readonly SqlRow[] }
  | { readonly id: number; readonly ok: false; readonly message: string }
  | { readonly opened: true; readonly engine: string; readonly notice: string | null }
  | { readonly opened: false; readonly message: string }

const port = parentPort
if (!port) throw new Error('database-worker is started as a worker thread only')
const reply = (message: DatabaseReply) => port.postMessage(message)
const words = (error: unknown) => (error instanceof Error ? error.message : String(error))

function answer(driver: SqlDriver, request: DatabaseRequest): readonly SqlRow[] {
  switch (request.ask) {
    case 'all':
      return driver.all(request.statement.sql, request.statement.params)
    case 'write':
      driver.exec('BEGIN IMMEDIATE')
      try {
        for (const { sql, params } of request.statements) driver.run(sql, params)
        driver.exec('COMMIT')
      } catch (error) {
        driver.exec('ROLLBACK')
        throw error
      }
      return []
    case 'close':
      driver.close()
      port?.close()
      return []
  }
}

const { path, now } = workerData as { readonly path: string; readonly now: number }
try {
  const { driver, notice } = await openFile(path, now)
  port.on('message', (request: DatabaseRequest) => {
    try {
      reply({ id: request.id, ok: true, rows: answer(driver, request) })
    } catch (error) {
      reply({ id: request.id, ok: false, message: words(error) })
    }
  })
  reply({ opened: true, engine: driver.engine, notice })
} catch (error) {
  reply({ opened: false, message: words(error) })
}
