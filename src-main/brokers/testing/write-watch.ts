import type { Redis } from 'ioredis'

/** Counts what writes on a server: looking must not add to it. */
export interface WriteWatch {
  /** Calls so far of commands that write. */
  count(): Promise<number>
}

/** By COMMANDSTATS, over every command that the server itself flags as writing; `admin` may be any other connection. */
export async function redisWriteWatch(admin: Redis): Promise<WriteWatch> {
  const writing = (await admin.call('COMMAND', 'LIST', 'FILTERBY', 'ACLCAT', 'write')) as string[]
  const names = new Set(writing.map((name) => name.toLowerCase()))
  return {
    async count() {
      const stats = await admin.info('commandstats')
      let calls = 0
      for (const [, name, count] of stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)) {
        if (names.has(name ?? '') || names.has((name ?? '').split('|')[0] ?? '')) calls += Number(count)
      }
      return calls
    },
  }
}
