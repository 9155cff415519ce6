import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const sources = ['src-main', 'src-renderer', 'src-shared']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }))

/** Files that only tests run. */
const own = (name: string) => !/\/testing\/|conservation|crash-worker/.test(name)

const filesWith = (pattern: RegExp, folder = '') =>
  sources.filter(({ name, text }) => name.startsWith(folder) && pattern.test(text)).map(({ name }) => name)

/** What no review should have to look for again. */
describe('rules of the house', () => {
  it('makes a window in one place, and never another kind of one', () => {
    expect(filesWith(/new (electron\.)?BrowserWindow\(/)).toEqual(['src-main/desktop.ts'])
    expect(filesWith(/WebContentsView|<webview|\.loadFile\(|executeJavaScript\(|ipcMain/)).toEqual([])
  })

  it('turns nothing into markup or code', () => {
    expect(
      filesWith(/dangerouslySetInnerHTML|\.innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(/),
    ).toEqual([])
  })

  it('loosens nothing by switch', () => {
    expect(
      filesWith(/appendSwitch|no-sandbox|disable-web-security|ignore-certificate-errors|remote-debugging/),
    ).toEqual([])
  })

  it('loads into the preload nothing but electron', () => {
    const preload = sources.find(({ name }) => name === 'src-main/preload.ts')?.text ?? ''
    expect([...preload.matchAll(/from '([^']+)'/g)].map((match) => match[1])).toEqual(['electron'])
    expect(preload.match(/exposeInMainWorld/g)).toHaveLength(1)
  })

  it('gives a broker no command that reads or removes without bound', () => {
    const commands = /\b(KEYS|FLUSHALL|FLUSHDB|MONITOR|SHUTDOWN|SMEMBERS|SORT)\b['"]/
    const methods = /\b(redis|client)\.(keys|flushall|flushdb|monitor|shutdown|smembers|sort_ro)\(/
    expect(filesWith(commands, 'src-main/').filter(own)).toEqual([])
    expect(filesWith(methods, 'src-main/brokers').filter(own)).toEqual([])
  })

  it('keeps the clock in one place', () => {
    expect(filesWith(/\b(setTimeout|setInterval)\(/, 'src-main/').filter(own)).toEqual(['src-main/runtime/clock.ts'])
  })

  it('takes away from a broker only through the gate', () => {
    expect(filesWith(/\bremedies\.(remove|replay|edit|restore)\(/, 'src-main/')).toEqual(['src-main/safety/effect.ts'])
  })
})
