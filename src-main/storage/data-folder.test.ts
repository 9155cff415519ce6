import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dataFolder, lockFolder } from './data-folder'

describe('data folder', () => {
  it('is what was said, or the platform’s standard place', () => {
    expect(dataFolder({ QUEUESCOPE_HOME: '/q' }, 'linux', '/home/a')).toBe('/q')
    expect(dataFolder({}, 'linux', '/home/a')).toBe('/home/a/.config/queuescope')
    expect(dataFolder({ XDG_CONFIG_HOME: '/x' }, 'linux', '/home/a')).toBe('/x/queuescope')
    expect(dataFolder({}, 'darwin', '/Users/a')).toBe('/Users/a/Library/Application Support/queuescope')
  })
})

describe('lock', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'queuescope-lock-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('refuses a second console and says where the first is', async () => {
    const lock = await lockFolder(folder)
    await expect(lockFolder(folder)).rejects.toThrow(new RegExp(`already runs on ${folder} .process ${process.pid}.`))
    await lock.release()
    await (await lockFolder(folder)).release()
  })

  it('takes over from a process that is gone, or whose id another has now', async () => {
    await writeFile(join(folder, 'console.lock'), '{"pid": 2147483646, "startedAt": null}')
    await (await lockFolder(folder)).release()
    await writeFile(join(folder, 'console.lock'), JSON.stringify({ pid: process.pid, startedAt: '1' }))
    await (await lockFolder(folder)).release()
    await writeFile(join(folder, 'console.lock'), 'not json')
    await (await lockFolder(folder)).release()
  })
})
