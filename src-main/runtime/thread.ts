import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'

/**
 * Starts a worker thread from its entry `name`. Built, the entry is a file beside the others, and the caller's module
 * stands with them or in a folder of chunks one level down. Run from source (tests, benches) there is only the
 * TypeScript file beside the caller; on Node 20 a thread does not take over its parent's loaders, so a line of script
 * registers tsx in it first.
 */
export function startThread({
  caller,
  name,
  data,
}: {
  readonly caller: string
  readonly name: string
  readonly data: unknown
}): Worker {
  const built = [`./${name}.js`, `../${name}.js`]
    .map((path) => new URL(path, caller))
    .find((url) => existsSync(fileURLToPath(url)))
  if (built) return new Worker(built, { workerData: data })
  const source = new URL(`./${name}.ts`, caller).href
  const tsx = pathToFileURL(createRequire(caller).resolve('tsx/package.json'))
  // By its path: require.resolve would answer the CommonJS twin, which cannot be imported from a thread's script.
  const loader = new URL('dist/esm/api/index.mjs', tsx).href
  return new Worker(`import('${loader}').then((tsx) => tsx.tsImport('${source}', '${source}'))`, {
    eval: true,
    workerData: data,
  })
}
