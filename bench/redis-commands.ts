import { Redis } from 'ioredis'

/** How many commands the console's own connections send to this server in a second; what a script runs counts with its script. */
export async function commandsPerSecond(port: number, forMs: number): Promise<number> {
  const admin = new Redis(port)
  try {
    const list = (await admin.client('LIST')) as string
    const own = new Set(
      list.split('\n').flatMap((line) => (/ name=queuescope /.test(line) ? [/ addr=(\S+)/.exec(line)?.[1]] : [])),
    )
    if (own.size === 0) throw new Error(`the console has no connection to port ${port}`)
    const monitor = await admin.monitor()
    let count = 0
    monitor.on('monitor', (_time: string, _args: string[], source: string) => {
      if (own.has(source)) count += 1
    })
    await new Promise((resolve) => setTimeout(resolve, forMs))
    monitor.disconnect()
    return count / (forMs / 1_000)
  } finally {
    admin.disconnect()
  }
}
