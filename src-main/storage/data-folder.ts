import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Failure } from '@shared/failure'

type Variables = Readonly<Record<string, string | undefined>>

/** Where the console keeps its files: $QUEUESCOPE_HOME, or the platform's standard place. Electron's userData is the same place. */
export function dataFolder(variables: Variables, platform: NodeJS.Platform, home = homedir()): string {
  if (variables.QUEUESCOPE_HOME) return variables.QUEUESCOPE_HOME
  switch (platform) {
    case 'darwin':
      return join(home, 'Library', 'Application Support', 'queuescope')
    case 'win32':
      return join(variables.APPDATA ?? join(home, 'AppData', 'Roaming'), 'queuescope')
    default:
      return join(variables.XDG_CONFIG_HOME ?? join(home, '.config'), 'queuescope')
  }
}

export interface FolderLock {
  release(): Promise<void>
}

/**
 * Makes this process the only console on a data folder. The lock is a file with the process id and, where the system
 * tells it, that process's start time: a lock whose process is gone, or whose id was given to another, is taken over.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'console.lock')
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (await claim(path)) return { release: () => rm(path, { force: true }) }
    const holder = await readHolder(path)
    if (holder && (await isAlive(holder))) {
      throw new Failure({
        code: 'conflict',
        message: `Queuescope already runs on ${folder} (process ${holder.pid})`,
        hint: 'Use that one, end it, or set QUEUESCOPE_HOME to another folder.',
        subject: folder,
      })
    }
    await rm(path, { force: true })
  }
  throw new Failure({ code: 'conflict', message: `another Queuescope is starting on ${folder}`, subject: folder })
}

interface Holder {
  readonly pid: number
  readonly startedAt: string | null
}

async function claim(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600)
    const holder: Holder = { pid: process.pid, startedAt: await startTime(process.pid) }
    await file.writeFile(JSON.stringify(holder))
    await file.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const holder = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>
    return typeof holder.pid === 'number' ? { pid: holder.pid, startedAt: holder.startedAt ?? null } : undefined
  } catch {
    return undefined
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  const started = await startTime(holder.pid)
  return holder.startedAt === null || started === null || started === holder.startedAt
}

/** The start time that Linux keeps in /proc (field 22, clock ticks since boot); null elsewhere. */
async function startTime(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
