// npm run pack:engine: builds a tarball from which a service installs the engine alone, without the console. Prints its path.
// `-- FOLDER` puts it there; default out/engine-package.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '..')
const target = resolve(process.argv[2] ?? join(root, 'out', 'engine-package'))
const work = mkdtempSync(join(tmpdir(), 'queuescope-pack-'))
const project = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Brought by the service that wants them: the SDK for SQS, the API for traces. */
const optional = ['@aws-sdk/client-sqs', '@aws-sdk/credential-providers', '@opentelemetry/api']
/** Only its types are used. */
const typesOnly = ['@standard-schema/spec']

try {
  await bundle('es', 'js')
  await bundle('cjs', 'cjs')
  declare()
  const imported = packagesOf(join(work, 'dist'))
  writeManifest(imported)
  cpSync(join(root, 'docs', 'engine.md'), join(work, 'README.md'))
  for (const page of ['engine-recipes.md', 'engine-from-bullmq.md']) cpSync(join(root, 'docs', page), join(work, page))
  mkdirSync(target, { recursive: true })
  const packed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', target], {
    cwd: work,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  process.stdout.write(`${join(target, packed.trim().split('\n').at(-1))}\n`)
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** Both kinds stand beside each other; the sandboxes' entry is the same for both. */
async function bundle(format, extension) {
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    resolve: { alias: { '@shared': join(root, 'src-shared') } },
    // Few lines of it are used, and by the part for SQS alone: no service should have to install it for them.
    ssr: { noExternal: ['zod'] },
    build: {
      ssr: true,
      target: 'node20',
      outDir: join(work, 'dist'),
      emptyOutDir: false,
      minify: false,
      rolldownOptions: {
        input: {
          engine: join(root, 'src-main/engine/engine.ts'),
          ...(format === 'es' ? { 'sandbox-child': join(root, 'src-main/engine/sandbox-child.ts') } : {}),
        },
        // The model's schemas are for the console: nothing of the engine needs them when it runs.
        treeshake: { moduleSideEffects: false },
        output: {
          format,
          entryFileNames: `[name].${extension}`,
          chunkFileNames: `chunks/[name]-[hash].${extension}`,
        },
      },
    },
  })
}

/** What can be reached from the engine's own types, once for those who import and once for those who require. */
function declare() {
  const emitted = join(work, 'emitted')
  const config = join(root, 'tsconfig.pack-engine.json')
  writeFileSync(
    config,
    JSON.stringify({
      extends: './tsconfig.json',
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        stripInternal: true,
        noUnusedLocals: false,
        types: ['node'],
        rootDir: root,
        outDir: emitted,
      },
      include: [],
      files: ['src-main/engine/engine.ts', 'src-main/engine/message-types.ts'],
    }),
  )
  try {
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], { stdio: 'inherit' })
  } finally {
    rmSync(config)
  }
  const standIn = 'src-main/engine/message-types.d.ts'
  cpSync(join(emitted, standIn), join(emitted, 'src-shared/model/message.d.ts'))
  const seen = new Set()
  const line = ['src-main/engine/engine.d.ts']
  for (let file = line.pop(); file !== undefined; file = line.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const text = readFileSync(join(emitted, file), 'utf8')
    const placed = (extension) =>
      text.replace(/(from |import\()(['"])([^'"]+)\2/g, (whole, lead, quote, name) => {
        const found = fileOf(name, file)
        if (found === undefined) return whole
        line.push(`${found}.d.ts`)
        const path = relative(dirname(file), found)
        return `${lead}${quote}${path.startsWith('.') ? path : `./${path}`}.${extension}${quote}`
      })
    write(join('types', file), placed('js'))
    write(join('types-cjs', file.replace(/\.d\.ts$/, '.d.cts')), placed('cjs'))
  }
  rmSync(emitted, { recursive: true })
}

/** undefined: a package. */
function fileOf(name, importer) {
  if (name.startsWith('@shared/')) return join('src-shared', name.slice('@shared/'.length))
  if (name.startsWith('.')) return join(dirname(importer), name)
  if (typesOnly.includes(name) || builtinModules.includes(name.replace(/^node:/, ''))) return undefined
  throw new Error(`${importer} needs the types of ${name}: keep it out of what the engine shows, or mark it @internal`)
}

function write(file, text) {
  const path = join(work, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** Names of the packages that the bundles ask for. */
function packagesOf(folder) {
  const found = new Set()
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.c?js$/.test(name)) continue
    const text = readFileSync(join(folder, name), 'utf8')
    for (const [, bare] of text.matchAll(
      /(?:^import [^'"\n]*|\bfrom |\brequire\(|\bimport\()["']([a-z@][^'"\s]*)["']/gm,
    )) {
      if (builtinModules.includes(bare.replace(/^node:/, ''))) continue
      found.add(bare.split('/', bare.startsWith('@') ? 2 : 1).join('/'))
    }
  }
  return [...found].sort()
}

function writeManifest(imported) {
  const all = { ...project.devDependencies, ...project.dependencies }
  const versionOf = (name) => {
    const version = all[name]
    if (!version) throw new Error(`the bundle asks for ${name}, which package.json does not name`)
    return version
  }
  const needed = [...imported.filter((name) => !optional.includes(name)), ...typesOnly]
  const brought = imported.filter((name) => optional.includes(name))
  const { name, version, license, engines } = project
  writeFileSync(
    join(work, 'package.json'),
    `${JSON.stringify(
      {
        name,
        version,
        description:
          'A queue engine for Node services: enqueue, lease, retry, dead letters; on Redis, Redis Streams and SQS.',
        license,
        type: 'module',
        engines,
        files: ['dist', 'types', 'types-cjs', 'engine-recipes.md', 'engine-from-bullmq.md'],
        exports: {
          './engine': {
            import: { types: './types/src-main/engine/engine.d.ts', default: './dist/engine.js' },
            require: { types: './types-cjs/src-main/engine/engine.d.cts', default: './dist/engine.cjs' },
          },
          './package.json': './package.json',
        },
        dependencies: Object.fromEntries(needed.map((each) => [each, versionOf(each)])),
        peerDependencies: Object.fromEntries(
          brought.map((each) => [each, each === '@opentelemetry/api' ? '^1.9.0' : `^${versionOf(each)}`]),
        ),
        peerDependenciesMeta: Object.fromEntries(brought.map((each) => [each, { optional: true }])),
      },
      null,
      2,
    )}\n`,
  )
}
