import { Failure } from '@shared/failure'
import { startThread } from '../runtime/thread'
import type { SqlRow, SqlValue } from './database-driver'
import type { DatabaseReply, DatabaseRequest, Statement } from './database-worker'

/** SQLite in a thread of its own. Statements run in the order in which they were given. */
export interface Database {
  readonly engine: string
  /** What became of an older file that could not be used, for the person to read; null when all is well. */
  readonly notice: string | null
  all(sql: string, params?: readonly SqlValue[]): Promise<readonly SqlRow[]>
  get(sql: string, params?: readonly SqlValue[]): Promise<SqlRow | undefined>
  run(sql: string, params?: readonly SqlValue[]): Promise<void>
  /** One transaction: all or none. */
  write(statements: readonly Statement[]): Promise<void>
  /** Later calls fail with Failure 'closed'; closing twice is harmless. */
  close(): Promise<void>
}

/** Opens or begins the file at `path`. Throws Failure 'disk' when it can be neither. `now` names what is kept aside. */
export async function openDatabase(path: string, now: number): Promise<Database> {
  const worker = startThread({ caller: import.meta.url, name: 'database-worker', data: { path, now } })
  const waiting = new Map<number, { resolve: (rows: readonly SqlRow[]) => void; reject: (error: Failure) => void }>()
  let nextId = 1
  let ended: Failure | undefined
  let closing: Promise<void> | undefined

  const end = (failure: Failure) => {
    ended ??= failure
    for (const { reject } of waiting.values()) reject(ended)
    waiting.clear()
  }
  const opened = new Promise<Extract<DatabaseReply, { opened: true }>>((resolve, reject) => {
    worker.on('message', (reply: DatabaseReply) => {
      if ('opened' in reply) {
        if (reply.opened) resolve(reply)
        else reject(diskFailure(path, reply.message))
        return
      }
      const asked = waiting.get(reply.id)
      waiting.delete(reply.id)
      if (reply.ok) asked?.resolve(reply.rows)
      else asked?.reject(diskFailure(path, reply.message))
    })
    worker.on('error', (error) => {
      end(diskFailure(path, error.message))
      reject(diskFailure(path, error.message))
    })
    worker.on('exit', () => {
      const failure = new Failure({ code: 'closed', message: 'the history’s database is closed', subject: path })
      end(failure)
      reject(failure)
    })
  })

  const ask = (request: (id: number) => DatabaseRequest): Promise<readonly SqlRow[]> =>
    new Promise((resolve, reject) => {
      if (ended) {
        reject(ended)
        return
      }
      const id = nextId++
      waiting.set(id, { resolve, reject })
      worker.postMessage(request(id))
    })
  const all = (sql: string, params: readonly SqlValue[] = []) =>
    ask((id) => ({ id, ask: 'all', statement: { sql, params } }))
  const write = async (statements: readonly Statement[]) => {
    if (statements.length > 0) await ask((id) => ({ id, ask: 'write', statements }))
  }

  try {
    const { engine, notice } = await opened
    return {
      engine,
      notice,
      all,
      get: async (sql, params) => (await all(sql, params))[0],
      run: (sql, params = []) => write([{ sql, params }]),
      write,
      close() {
        closing ??= ask((id) => ({ id, ask: 'close' })).then(
          async () => {
            end(new Failure({ code: 'closed', message: 'the history’s database is closed', subject: path }))
            await worker.terminate()
          },
          () => {},
        )
        return closing
      },
    }
  } catch (error) {
    await worker.terminate()
    throw error
  }
}

const diskFailure = (path: string, message: string) =>
  new Failure({
    code: 'disk',
    message: `the history in ${path} cannot be used: ${message}`,
    hint: 'Check the free space and who may write there.',
    subject: path,
  })
