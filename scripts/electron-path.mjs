// Where Electron's binary stands, without ever requiring 'electron': that would download it.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const binaryName =
  { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform] ?? 'electron'

/** @returns {string | undefined} an absolute path, or undefined when there is no binary */
export function electronPath() {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH
  if (override) return existing(join(override, binaryName))
  const home = electronPackage()
  if (!home) return undefined
  const named = join(home, 'path.txt')
  return existing(join(home, 'dist', existsSync(named) ? readFileSync(named, 'utf8').trim() : binaryName))
}

/** @returns {string | undefined} the folder of the installed package */
export function electronPackage() {
  try {
    return dirname(createRequire(import.meta.url).resolve('electron/package.json'))
  } catch {
    return undefined
  }
}

/** Why no desktop window can be shown here, or undefined when one can. */
export function whyNoDisplay() {
  if (process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY) return undefined
  return 'there is no display'
}

const existing = (path) => (existsSync(path) ? path : undefined)
