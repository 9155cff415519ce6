import { readdir, readFile } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

export interface StaticFile {
  readonly body: Uint8Array<ArrayBuffer>
  readonly type: string
}

/** Every file that may be served, by URL path. What is not in the map does not exist: no path from a URL ever meets the disk. */
export type StaticFiles = ReadonlyMap<string, StaticFile>

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

/** Reads the built renderer once. Source maps and unknown kinds are left out. */
export async function readStaticFiles(folder: string): Promise<StaticFiles> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = await Promise.all(
    names
      .filter((entry) => entry.isFile() && types[extname(entry.name)])
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name)
        const url = `/${path
          .slice(folder.length + 1)
          .split(sep)
          .join('/')}`
        return [url, { body: new Uint8Array(await readFile(path)), type: types[extname(entry.name)] ?? '' }] as const
      }),
  )
  return new Map(files)
}

/** The file that a URL names, decided on the path as it came: encoded, doubled or dotted paths match nothing. */
export function findStatic(files: StaticFiles, path: string): StaticFile | undefined {
  return files.get(path === '/' ? '/index.html' : path)
}
