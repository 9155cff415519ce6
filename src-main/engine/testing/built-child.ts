import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { build } from 'vite'

/** Compiles a process that a test starts into one plain file, which starts in a fraction of the time; answers its path. */
export async function builtChild(source: string): Promise<{ readonly file: string; readonly folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'queuescope-child-'))
  const name = `${basename(source, '.ts')}.mjs`
  await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { alias: { '@shared': resolve(import.meta.dirname, '../../../src-shared') } },
    ssr: { noExternal: true, target: 'node' },
    build: { ssr: source, outDir: folder, target: 'node20', rolldownOptions: { output: { entryFileNames: name } } },
  })
  return { file: join(folder, name), folder }
}
