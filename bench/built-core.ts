import { resolve } from 'node:path'
import { build } from 'vite'

/** standing-core.ts built as the product is, since the TypeScript loader alone takes 35 MB of a process; answers its path. */
export async function buildCore(): Promise<string> {
  const root = resolve(import.meta.dirname, '..')
  const outDir = resolve(root, 'out/bench')
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    resolve: { alias: { '@shared': resolve(root, 'src-shared') } },
    build: {
      ssr: true,
      target: 'node20',
      outDir,
      rolldownOptions: {
        input: {
          'standing-core': resolve(root, 'bench/standing-core.ts'),
          'database-worker': resolve(root, 'src-main/storage/database-worker.ts'),
        },
      },
    },
  })
  return resolve(outDir, 'standing-core.js')
}
