import { rmSync } from 'node:fs'

/** What a column holds; the only values that may be bound, and by position only. */
export type SqlValue = null | number | bigint | string | Uint8Array
export type SqlRow = Readonly<Record<string, SqlValue>>

/** The little of SQLite that is used, the same over either engine. Calls block: it lives in the worker. */
export interface SqlDriver {
  readonly engine: 'node:sqlite' | 'node-sqlite3-wasm'
  exec(sql: string): void
  run(sql: string, params: readonly SqlValue[]): void
  all(sql: string, params: readonly SqlValue[]): readonly SqlRow[]
  get(sql: string, params: readonly SqlValue[]): SqlRow | null
  close(): void
}

/** Node's own SQLite where there is one (22.13 and newer, so in Electron), its WebAssembly twin on Node 20. */
export async function openDriver(path: string): Promise<SqlDriver> {
  const sqlite = await import('node:sqlite').catch(() => undefined)
  return sqlite ? nodeDriver(sqlite, path) : await wasmDriver(path)
}

function nodeDriver({ DatabaseSync }: typeof import('node:sqlite'), path: string): SqlDriver {
  const database = new DatabaseSync(path)
  const statements = new Map<string, ReturnType<typeof database.prepare>>()
  const prepared = (sql: string) => {
    const known = statements.get(sql) ?? database.prepare(sql)
    statements.set(sql, known)
    return known
  }
  return {
    engine: 'node:sqlite',
    exec: (sql) => database.exec(sql),
    run: (sql, params) => void prepared(sql).run(...params),
    all: (sql, params) => prepared(sql).all(...params) as SqlRow[],
    get: (sql, params) => (prepared(sql).get(...params) as SqlRow | undefined) ?? null,
    close: () => database.close(),
  }
}

async function wasmDriver(path: string): Promise<SqlDriver> {
  const { default: sqlite } = await import('node-sqlite3-wasm')
  // Its lock is a folder, which a killed process leaves behind. Only one console works on a data folder (data-folder's
  // lock sees to that), so what stands here now is nobody's.
  rmSync(`${path}.lock`, { recursive: true, force: true })
  const database = new sqlite.Database(path)
  type Prepared = ReturnType<typeof database.prepare>
  const statements = new Map<string, Prepared>()
  const using = <T>(sql: string, use: (statement: Prepared) => T): T => {
    const statement = statements.get(sql) ?? database.prepare(sql)
    statements.set(sql, statement)
    try {
      return use(statement)
    } catch (error) {
      // A statement that failed once cannot be reset here: the next call prepares it anew.
      statements.delete(sql)
      statement.finalize()
      throw error
    }
  }
  return {
    engine: 'node-sqlite3-wasm',
    exec: (sql) => database.exec(sql),
    run: (sql, params) => void using(sql, (statement) => statement.run([...params])),
    all: (sql, params) => using(sql, (statement) => statement.all([...params]) as SqlRow[]),
    get: (sql, params) => using(sql, (statement) => (statement.get([...params]) as SqlRow | undefined) ?? null),
    close() {
      for (const statement of statements.values()) statement.finalize()
      database.close()
    },
  }
}
