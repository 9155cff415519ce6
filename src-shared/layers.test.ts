import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/**
 * The table of allowed imports. The first prefix that matches names a file's layer; `may` lists the layers it may import
 * besides itself. What is not listed is forbidden.
 */
const layers: readonly { readonly name: string; readonly at: readonly string[]; readonly may: readonly string[] }[] = [
  { name: 'shared/failure', at: ['src-shared/failure'], may: [] },
  { name: 'shared/model', at: ['src-shared/model/'], may: ['shared/failure'] },
  { name: 'shared/payload', at: ['src-shared/payload/'], may: ['shared/failure'] },
  { name: 'shared/rpc', at: ['src-shared/rpc/'], may: ['shared/failure', 'shared/model'] },
  { name: 'shared', at: ['src-shared/'], may: [] },

  { name: 'runtime', at: ['src-main/runtime/'], may: ['@shared'] },
  { name: 'storage', at: ['src-main/storage/'], may: ['@shared', 'runtime'] },
  { name: 'reader', at: ['src-main/brokers/reader'], may: ['@shared'] },
  { name: 'acts', at: ['src-main/brokers/acts'], may: ['@shared'] },
  { name: 'remedies', at: ['src-main/brokers/remedies'], may: ['@shared', 'acts', 'reader'] },
  {
    name: 'testing',
    at: ['src-main/brokers/testing/'],
    may: ['@shared', 'runtime', 'acts', 'reader', 'remedies', 'driver', 'clients', 'finder'],
  },
  { name: 'clients', at: ['src-main/brokers/clients/'], may: ['@shared', 'runtime'] },
  {
    name: 'finder',
    at: ['src-main/brokers/finder', 'src-main/brokers/key-'],
    may: ['@shared', 'runtime', 'reader', 'clients'],
  },
  {
    name: 'drivers',
    at: ['src-main/brokers/drivers/'],
    may: ['@shared', 'runtime', 'reader', 'remedies', 'driver', 'clients'],
  },
  // After 'drivers', whose prefix begins with this one.
  { name: 'driver', at: ['src-main/brokers/driver'], may: ['@shared', 'reader', 'remedies'] },
  {
    // Producers, workers and scenes of one system, for its own tests alone.
    name: 'adapters/testing',
    at: ['asynq', 'celery', 'rq', 'sidekiq'].map((system) => `src-main/brokers/adapters/${system}/testing/`),
    may: ['@shared', 'runtime', 'acts', 'reader', 'remedies', 'clients', 'finder', 'adapters', 'testing'],
  },
  {
    name: 'adapters',
    at: ['src-main/brokers/adapters/'],
    may: ['@shared', 'runtime', 'acts', 'reader', 'remedies', 'driver', 'clients'],
  },
  { name: 'connection', at: ['src-main/brokers/connection'], may: ['@shared', 'remedies', 'finder'] },
  {
    name: 'open',
    at: [
      'src-main/brokers/open',
      'src-main/brokers/test-connection',
      'src-main/brokers/keys',
      'src-main/brokers/sqs-bill',
    ],
    may: [
      '@shared',
      'runtime',
      'storage',
      'acts',
      'reader',
      'remedies',
      'driver',
      'clients',
      'finder',
      'connection',
      'drivers',
      'adapters',
    ],
  },
  {
    name: 'sessions',
    at: ['src-main/brokers/sessions', 'src-main/brokers/mfa-codes'],
    may: ['@shared', 'runtime', 'reader', 'remedies', 'finder', 'connection'],
  },
  {
    name: 'engine/testing',
    at: ['src-main/engine/testing/'],
    may: ['@shared', 'runtime', 'clients', 'testing', 'engine'],
  },
  // The engine can be imported by any service: it needs nothing of the console.
  { name: 'engine', at: ['src-main/engine/'], may: ['@shared', 'runtime', 'driver', 'clients', 'drivers'] },
  { name: 'watch', at: ['src-main/watch/'], may: ['@shared', 'runtime', 'storage', 'reader', 'finder', 'sessions'] },
  {
    name: 'safety',
    at: ['src-main/safety/'],
    may: ['@shared', 'runtime', 'storage', 'acts', 'reader', 'remedies', 'sessions'],
  },
  {
    name: 'main/rpc',
    at: ['src-main/rpc/'],
    may: [
      '@shared',
      'runtime',
      'storage',
      'reader',
      'remedies',
      'sessions',
      'open',
      'clients',
      'engine',
      'watch',
      'safety',
    ],
  },
  { name: 'sandbox', at: ['src-main/sandbox/'], may: ['@shared', 'runtime', 'clients', 'engine'] },
  {
    name: 'console',
    at: ['src-main/console', 'src-main/host'],
    may: [
      '@shared',
      'runtime',
      'storage',
      'clients',
      'open',
      'sessions',
      'engine',
      'watch',
      'safety',
      'main/rpc',
      'sandbox',
    ],
  },
  { name: 'entries', at: ['src-main/'], may: ['@shared', 'runtime', 'storage', 'main/rpc', 'console', 'sandbox'] },

  { name: 'design', at: ['src-renderer/design/'], may: ['@shared'] },
  { name: 'charts', at: ['src-renderer/charts/'], may: ['@shared', 'design'] },
  {
    name: 'renderer/base',
    at: ['src-renderer/rpc/', 'src-renderer/stores/', 'src-renderer/actions', 'src-renderer/format'],
    may: ['@shared'],
  },
  { name: 'features', at: ['src-renderer/features/'], may: ['@shared', 'design', 'charts', 'renderer/base'] },
  { name: 'app', at: ['src-renderer/'], may: ['@shared', 'design', 'charts', 'renderer/base', 'features'] },
]

/** Test files may reach for whatever they test. */
const files = ['src-shared', 'src-main', 'src-renderer']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) && !name.endsWith('.d.ts'))

const layerOf = (path: string) => layers.find((layer) => layer.at.some((prefix) => path.startsWith(prefix)))

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const found = [
    ...text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^'"\n;]*?(?:\{[^}]*\}[^'"\n;]*?)?from\s*'([^']+)'/g),
  ].map((match) => match[1]!)
  const dynamic = [...text.matchAll(/import\(\s*'([^']+)'\s*\)/g)].map((match) => match[1]!)
  const bare = [...text.matchAll(/(?:^|\n)import\s+'([^']+)'/g)].map((match) => match[1]!)
  return [...found, ...dynamic, ...bare].flatMap((target) => {
    if (target.startsWith('@shared/')) return [`src-shared/${target.slice('@shared/'.length)}`]
    if (target.startsWith('.')) return [relative(root, resolve(root, dirname(file), target))]
    return []
  })
}

const sourceOf = (path: string) => [`${path}.ts`, `${path}.tsx`, path].find((candidate) => files.includes(candidate))

describe('layers', () => {
  it('has a layer for every file', () => {
    expect(files.filter((file) => !layerOf(file))).toEqual([])
  })

  it('imports only what stands to the left', () => {
    const wrong = files.flatMap((file) => {
      const own = layerOf(file)
      return importsOf(file).flatMap((target) => {
        const its = layerOf(target)
        if (!own || !its || own === its) return []
        const side = target.startsWith('src-shared/') && !file.startsWith('src-shared/')
        return (side ? own.may.includes('@shared') : own.may.includes(its.name)) ? [] : [`${file} -> ${target}`]
      })
    })
    expect(wrong).toEqual([])
  })

  it('keeps features, and layouts, apart from one another', () => {
    const homes = [
      /^src-renderer\/features\/[^/]+\//,
      /^src-main\/brokers\/adapters\/[^/]+\//,
      /^src-main\/brokers\/drivers\/[^/]+\//,
    ]
    const wrong = files.flatMap((file) =>
      importsOf(file).flatMap((target) => {
        const home = homes
          .map((pattern) => [file.match(pattern)?.[0], target.match(pattern)?.[0]])
          .find(([from]) => from)
        return home?.[1] && home[0] !== home[1] ? [`${file} -> ${target}`] : []
      }),
    )
    expect(wrong).toEqual([])
  })

  it('never crosses between main and renderer, and keeps Node and Electron out of shared', () => {
    const wrong = files.filter((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      const foreign = importsOf(file).some((target) =>
        file.startsWith('src-renderer/') ? target.startsWith('src-main/') : target.startsWith('src-renderer/'),
      )
      return foreign || (file.startsWith('src-shared/') && /from '(node:|electron)/.test(text))
    })
    expect(wrong).toEqual([])
  })

  it('has no cycles', () => {
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (file: string, path: readonly string[]) => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
        return
      }
      if (done.has(file)) return
      for (const target of importsOf(file)) {
        const source = sourceOf(target)
        if (source) visit(source, [...path, file])
      }
      done.add(file)
    }
    for (const file of files) visit(file, [])
    expect(cycles).toEqual([])
  })

  it('has no barrel and no folder for homeless code', () => {
    expect(
      files.filter((file) => /(^|\/)(index\.tsx?|(utils|helpers|common|types|constants|hooks)\/)/.test(file)),
    ).toEqual([])
  })
})
