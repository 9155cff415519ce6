import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..')

export interface Ended {
  readonly code: number | null
  readonly printed: string
}

/** Leaders of the process groups that run now: what they started (workers, servers) ends with them. */
const leaders = new Set<number>()

/** Runs vitest on `files` in a process group of its own, so that everything it started can be ended by its id. */
export async function runVitest(
  files: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv; readonly args?: readonly string[] },
): Promise<Ended> {
  const program = resolve(root, 'node_modules/vitest/vitest.mjs')
  const child = spawn(process.execPath, [program, 'run', ...(options.args ?? []), ...files], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let printed = ''
  const hear = (chunk: Buffer) => {
    printed = (printed + chunk.toString('utf8')).slice(-20_000)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const { pid } = child
  if (pid === undefined) throw new Error('vitest did not start')
  leaders.add(pid)
  const [code] = (await once(child, 'close')) as [number | null]
  endGroup(pid)
  return { code, printed }
}

/** Servers that a test left behind stand in the group still, when its leader is gone. */
function endGroup(pid: number): void {
  leaders.delete(pid)
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {}
}

export function endAllGroups(): void {
  for (const pid of leaders) endGroup(pid)
}
